// Tables that are sorted by pressing a heading: numbers by size, words by the alphabet, undefined last.
"use strict";
(() => {
  const valueOf = (cell) => {
    const given = cell.dataset.sort ?? cell.textContent;
    if (given === "-inf") return -Infinity;
    const number = Number(given);
    return given.trim() !== "" && !Number.isNaN(number) ? number : given;
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.setAttribute("aria-sort", "none");
      head.firstElementChild.addEventListener("click", () => {
        const words = !head.classList.contains("n");
        const before = head.getAttribute("aria-sort");
        const up = before === "none" ? words : before === "descending";
        for (const other of heads) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => (up ? 1 : -1) * compare(valueOf(a.cells[column]), valueOf(b.cells[column])));
        table.tBodies[0].append(...rows);
      });
    });
  }
})();
