"use strict";
(() => {
const $ = (at, inside = document) => inside.querySelector(at);
const $$ = (at, inside = document) => [...inside.querySelectorAll(at)];
for (const part of $$(".js")) part.hidden = false;

// A cell as something to sort by: its exact number, else its text; none comes last either way.
const worth = (cell) => {
  if (!cell) return null;
  const exact = cell.dataset.v;
  if (exact !== undefined) return exact === "inf" ? Infinity : exact === "-inf" ? -Infinity : Number(exact);
  const text = cell.textContent.trim();
  return text && text !== "–" && text !== "-" ? text : null;
};
const words = new Intl.Collator("en", { numeric: true });
const order = (a, b) => {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b);
};
const sort = (table, column, head) => {
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of $$("thead th", table)) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row, k) => [worth(row.cells[column]), k, row]);
  keyed.sort(([a, i], [b, j]) => (a === null || b === null ? order(a, b) : up ? order(a, b) : order(b, a)) || i - j);
  body.append(...keyed.map((one) => one[2]));
  if (table.id === "all") show(0);
};
for (const table of $$("table.sortable")) {
  $$("thead th", table).forEach((head, column) => {
    if (head.classList.contains("still")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.title = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, column, head));
  });
}

// What is wider than the window says so, and at which end it stands; pixels of padding hide nothing.
const PADDING = 6;
const hint = (part) => {
  const over = part.scrollWidth - part.clientWidth;
  part.classList.toggle("wide", over > PADDING);
  part.classList.toggle("end", part.scrollLeft >= over - PADDING / 2);
};
const scrolls = $$(".scroll");
for (const part of scrolls) part.addEventListener("scroll", () => hint(part), { passive: true });
if ("ResizeObserver" in window) {
  const sized = new ResizeObserver((found) => { for (const one of found) hint(one.target); });
  for (const part of scrolls) sized.observe(part);
} else for (const part of scrolls) hint(part);

// The table of all cases: filter, then pages.
const all = $("#all"), find = $("#find");
const PAGE = all && all.dataset.paged === "yes" ? 200 : Infinity;
let page = 0;
const matching = () => {
  const text = find.value.trim().toLowerCase();
  const ofClass = $("#of-class").value, ofStatus = $("#of-status").value;
  const heads = $$("thead th", all).map((h) => h.textContent.trim());
  const c = heads.indexOf("class"), s = heads.indexOf("status");
  return [...all.tBodies[0].rows].filter((row) =>
    (!ofClass || row.cells[c].textContent === ofClass) &&
    (!ofStatus || row.cells[s].textContent === ofStatus) &&
    (!text || row.textContent.toLowerCase().includes(text)));
};
function show(to) {
  if (!all) return;
  const rows = matching(), pages = Math.max(1, Math.ceil(rows.length / PAGE));
  page = Math.min(Math.max(to, 0), pages - 1);
  const first = PAGE === Infinity ? 0 : page * PAGE;
  const shown = new Set(rows.slice(first, first + PAGE));
  for (const row of all.tBodies[0].rows) row.hidden = !shown.has(row);
  $("#matching").textContent = `${shown.size ? first + 1 : 0}–${first + shown.size} of ${rows.length}`;
  $("#before").disabled = page === 0;
  $("#after").disabled = page === pages - 1;
  $(".pager").hidden = pages === 1;
}
if (all) {
  for (const [at, on] of [["#find", "input"], ["#of-class", "change"], ["#of-status", "change"]])
    $(at).addEventListener(on, () => show(0));
  $("#before").addEventListener("click", () => show(page - 1));
  $("#after").addEventListener("click", () => show(page + 1));
  $(".filter").addEventListener("submit", (event) => event.preventDefault());
  show(0);
}

// A link to a case finds its row, whatever is filtered, folded or on another page.
const arrive = () => {
  const id = location.hash.slice(1);
  let goal = id && (document.getElementById(id) || document.getElementById(decodeURIComponent(id)));
  if (!goal) return;
  for (let at = goal.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (all && all.contains(goal)) {
    if (!matching().includes(goal)) { find.value = ""; $("#of-class").value = ""; $("#of-status").value = ""; }
    if (PAGE !== Infinity) show(Math.floor(matching().indexOf(goal) / PAGE)); else show(0);
  }
  goal.scrollIntoView({ block: "center" });
};
addEventListener("hashchange", arrive);
if (location.hash) arrive();

// Keys: / finds, j and k go on and back, f folds and unfolds. Not while something is typed.
const sections = () => $$("#verdict, main > section");
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches && event.target.matches("input, select, textarea");
  if (typing) { if (event.key === "Escape") event.target.blur(); return; }
  if (event.key === "/" && find) { event.preventDefault(); find.scrollIntoView({ block: "center" }); find.focus(); }
  if (event.key === "j" || event.key === "k") {
    const tops = sections().map((s) => s.getBoundingClientRect().top);
    const next = event.key === "j" ? tops.findIndex((t) => t > 40) : tops.findLastIndex((t) => t < -10);
    if (next >= 0) scrollTo({ top: scrollY + tops[next] - 16 });
  }
  if (event.key === "f") {
    const folds = $$("details"), open = !folds.some((d) => d.open);
    for (const fold of folds) fold.open = open;
  }
});
const marks = new Map($$("nav li a").map((a) => [a.getAttribute("href").slice(1), a]));
if ("IntersectionObserver" in window) {
  const seen = new IntersectionObserver((found) => {
    for (const one of found) if (one.isIntersecting) {
      for (const a of marks.values()) a.removeAttribute("aria-current");
      const mark = marks.get(one.target.id);
      if (mark) mark.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const section of sections()) seen.observe(section);
}

// Paper has everything.
let folded = [];
addEventListener("beforeprint", () => { folded = $$("details:not([open])"); for (const d of folded) d.open = true; });
addEventListener("afterprint", () => { for (const d of folded) d.open = false; });

// Which case a dot is: the table of all cases knows.
const tip = document.createElement("div");
tip.className = "tip"; tip.hidden = true; tip.setAttribute("aria-hidden", "true");
document.body.append(tip);
const known = new Map();
const casesOf = (figure, name) => {
  const key = `${figure.dataset.metric}\n${name}`;
  if (known.has(key)) return known.get(key);
  const heads = $$("thead th", all).map((h) => h.textContent.trim());
  const c = heads.indexOf("class"), first = heads.indexOf("status") + 1 + Number(figure.dataset.column);
  const rows = [...all.tBodies[0].rows].filter((r) => r.cells[c].textContent === name && r.cells[first].dataset.v);
  const found = rows.map((r) => [Number(r.cells[first].dataset.v), r.cells[0].textContent, r.cells[first].textContent]);
  known.set(key, found);
  return found;
};
const near = (figure, event) => {
  const svg = $("svg", figure), scale = $("g[data-low]", svg).dataset;
  const box = svg.getBoundingClientRect(), size = svg.viewBox.baseVal;
  const x = (event.clientX - box.left) / box.width * size.width, y = (event.clientY - box.top) / box.height * size.height;
  const line = $$("g[data-class]", svg)[Math.floor((y - 8) / 26)];
  if (!line || x < Number(scale.start) - 6) return null;
  const bent = (v) => scale.bend ? Math.asinh(v / scale.bend) : Number(v);
  const low = bent(scale.low), wide = bent(scale.high) - low;
  const off = (v) => Math.abs(Number(scale.start) + (bent(v) - low) / wide * (scale.end - scale.start) - x);
  let best = null;
  for (const one of casesOf(figure, line.dataset.class))
    if (Number.isFinite(one[0]) && (!best || off(one[0]) < off(best[0]))) best = one;
  return best && off(best[0]) < 8 ? best : null;
};
for (const figure of all ? $$("#every-case figure") : []) {
  figure.addEventListener("pointermove", (event) => {
    const found = near(figure, event);
    tip.hidden = !found;
    if (!found) return;
    tip.textContent = `${found[1]}: ${found[2]}`;
    tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${event.clientY + 14}px`;
  });
  figure.addEventListener("pointerleave", () => { tip.hidden = true; });
}
})();
