const list = document.getElementById("list");
const links = [...list.querySelectorAll("a.mail")];
const shown = document.getElementById("shown");
const search = document.getElementById("search");
const picked = { kind: "", lang: "" };
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const link of links) {
    const fits =
      (!picked.kind || link.dataset.kind === picked.kind) &&
      (!picked.lang || link.dataset.lang === picked.lang) &&
      words.every((word) => link.dataset.words.includes(word));
    link.hidden = !fits;
    count += fits;
  }
  for (const day of list.querySelectorAll("section")) day.hidden = !day.querySelector("a.mail:not([hidden])");
  shown.textContent = count;
}
function mark(link) {
  for (const other of links) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
}
for (const chip of document.querySelectorAll("button[data-by]")) {
  chip.addEventListener("click", () => {
    const by = chip.dataset.by;
    picked[by] = picked[by] === chip.value ? "" : chip.value;
    for (const other of document.querySelectorAll(`button[data-by="${by}"]`)) {
      other.setAttribute("aria-pressed", String(other.value === picked[by]));
    }
    filter();
  });
}
for (const link of links) {
  link.addEventListener("click", () => {
    // on a phone there is no room for the preview: the mail opens in place of the list
    link.target = document.querySelector("main").offsetParent ? "preview" : "_self";
    mark(link);
  });
}
search.addEventListener("input", filter);
document.documentElement.classList.add("live");
