// A filter over what is on the page already. Without it the page is complete, only longer.
(() => {
  const tools = document.querySelector(".tools");
  const items = [...document.querySelectorAll(".item")];
  if (!tools || !items.length) return;
  const search = tools.querySelector("input[type=search]");
  const boxes = [...tools.querySelectorAll("input[type=checkbox]")];
  const shown = tools.querySelector("output");
  let texts = null;

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = boxes.filter((box) => !box.checked).map((box) => box.value);
    if (words.length && !texts) texts = items.map((item) => item.textContent.toLowerCase());
    let count = 0;
    items.forEach((item, number) => {
      const hit =
        !off.some((kind) => item.classList.contains(kind)) &&
        words.every((word) => texts[number].includes(word));
      item.classList.toggle("off", !hit);
      count += hit;
    });
    document.querySelectorAll("section[data-items]").forEach((section) => {
      section.classList.toggle("off", !section.querySelector(".item:not(.off)"));
    });
    const all = count === items.length;
    shown.textContent = all ? "" : `${count.toLocaleString("en")} of ${items.length.toLocaleString("en")}`;
  };

  const openAll = (open) => {
    for (const item of document.querySelectorAll("details.item:not(.off)")) item.open = open;
  };

  const follow = () => {
    const item = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (item instanceof HTMLDetailsElement) item.open = true;
  };

  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, items.length > 2000 ? 250 : 40);
  });
  boxes.forEach((box) => box.addEventListener("change", apply));
  tools.querySelector("[data-open]").addEventListener("click", () => openAll(true));
  tools.querySelector("[data-close]").addEventListener("click", () => openAll(false));
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
  });
  tools.hidden = false;
  follow();
})();
