"use strict";
// Sorts, filters and searches the documents. Reads only the page's own text and data attributes and
// writes only order, visibility and one count, so that nothing in a post can become markup.
(() => {
  const list = document.getElementById("list");
  const controls = document.getElementById("controls");
  if (!list || !controls) return;
  const search = document.getElementById("search");
  const model = document.getElementById("model");
  const problem = document.getElementById("problem");
  const groups = [...controls.querySelectorAll("select[data-group]")];
  const documents = [...list.children].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
    qualities: element.dataset.qualities.trim().split(" ").map(Number),
    number: Number(element.dataset.number),
  }));

  const sort = () => {
    const index = Number(model.value);
    documents.sort((a, b) => a.qualities[index] - b.qualities[index] || a.number - b.number);
    list.append(...documents.map((item) => item.element));
  };

  const fits = (item, words) =>
    words.every((word) => item.text.includes(word)) &&
    (!problem.value ||
      item.element.getAttribute(`data-problems-${model.value}`).split(" ").includes(problem.value)) &&
    groups.every((select) => !select.value || item.element.dataset[select.dataset.group] === select.value);

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of documents) {
      item.element.hidden = !fits(item, words);
      shown += item.element.hidden ? 0 : 1;
    }
    document.getElementById("count").textContent = `${shown} of ${documents.length} documents`;
    document.getElementById("nothing").hidden = shown > 0;
  };

  const step = (direction) => {
    const summaries = documents.filter((item) => !item.element.hidden).map((item) => item.element.firstElementChild);
    const current = document.activeElement && document.activeElement.closest(".document");
    const place = current ? summaries.indexOf(current.firstElementChild) : -1;
    const next = summaries[place < 0 ? 0 : place + direction];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  };

  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("reset", () => setTimeout(() => { sort(); filter(); }));
  search.addEventListener("input", filter);
  for (const select of [problem, ...groups]) select.addEventListener("change", filter);
  model.addEventListener("change", () => { sort(); filter(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, button, pre")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });
})();
