// Beside the check boxes, which work without it: a search, and filters in the address (#show=want,error&search=SSL_write&found).
"use strict";
(() => {
  const boxes = [...document.querySelectorAll("input[data-kind]")];
  const search = document.getElementById("search");
  const only = document.getElementById("only-found");
  if (!search) return;
  document.documentElement.classList.add("js");
  const apply = () => {
    const word = search.value.toLowerCase();
    for (const details of document.querySelectorAll("details")) {
      let any = word === "" || details.querySelector("summary").textContent.toLowerCase().includes(word);
      for (const entry of details.querySelectorAll("ol.entries > li:not(.gap)")) {
        const meant = word === "" || entry.textContent.toLowerCase().includes(word);
        entry.classList.toggle("hidden", !meant);
        any = any || meant;
      }
      details.classList.toggle("hidden", !any);
    }
  };
  const read = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (asked.has("show")) {
      const kinds = asked.get("show").split(",");
      for (const box of boxes) box.checked = kinds.includes(box.dataset.kind);
    }
    if (asked.has("search")) search.value = asked.get("search");
    if (asked.has("found")) only.checked = true;
    apply();
  };
  search.addEventListener("input", apply);
  window.addEventListener("hashchange", read);
  read();
})();
