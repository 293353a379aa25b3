"use strict";
// Tables sort by a click on a heading and filter by words; without scripts everything is simply shown.

function key(cell) {
  const text = (cell.dataset.key || cell.textContent).trim();
  const number = text.match(/^[+−-]?\d+(\.\d+)?/);
  return number ? parseFloat(number[0].replace("−", "-")) : text.toLowerCase();
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number") return -1; // numbers before words and dashes
  if (typeof b === "number") return 1;
  return a < b ? -1 : Number(a > b); // as the tables on a terminal have them
}

function sortBy(table, heading) {
  const column = heading.cellIndex;
  const down = heading.getAttribute("aria-sort") === "ascending";
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [key(row.cells[column]), row]);
  rows.sort((one, other) => (down ? compare(other[0], one[0]) : compare(one[0], other[0])));
  rows.forEach(([, row]) => body.append(row));
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
}

function sortable(table) {
  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, heading));
    heading.append(button);
  }
}

// A filter box or list names what it filters (data-for) and, a list, the attribute that must be equal.
function filter(scope) {
  const boxes = [...document.querySelectorAll(`[data-for="${scope}"]`)];
  const items = [...document.querySelectorAll(`#${scope} > tbody > tr, #${scope} > li`)];
  const counter = document.querySelector(`[data-count="${scope}"]`);
  function apply() {
    let shown = 0;
    for (const item of items) {
      const fits = boxes.every((box) => {
        if (!box.value) return true;
        if (box.dataset.field) return item.dataset[box.dataset.field] === box.value;
        return item.textContent.toLowerCase().includes(box.value.toLowerCase());
      });
      item.hidden = !fits;
      shown += fits;
    }
    if (counter) counter.textContent = `${shown} of ${items.length} shown`;
  }
  boxes.forEach((box) => box.addEventListener("input", apply));
  apply();
}

document.querySelectorAll("table.sortable").forEach(sortable);
new Set([...document.querySelectorAll("[data-for]")].map((box) => box.dataset.for)).forEach(filter);
const wanted = new URLSearchParams(location.search).get("verdict");
const list = document.querySelector('[data-field="verdict"]');
if (wanted && list) { list.value = wanted; list.dispatchEvent(new Event("input")); }
const pause = document.getElementById("pause");
if (pause) pause.addEventListener("click", () => {
  const paused = document.body.classList.toggle("paused");
  pause.setAttribute("aria-pressed", String(paused));
});

// A footnote's number leads into a part that may be folded.
function unfold() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const folded = target && target.closest("details");
  if (folded) { folded.open = true; target.scrollIntoView(); }
}
window.addEventListener("hashchange", unfold);
unfold();
