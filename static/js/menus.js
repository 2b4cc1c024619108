// What every menu does: it stands beside its button, below it where there is room, and arrows, Home and End move in it.
export function placeBeside(menu, button, { align = "end", gap = 6 } = {}) {
  const beside = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.min(align === "end" ? beside.right - width : beside.left, document.documentElement.clientWidth - width - 8);
  const below = beside.bottom + gap;
  const fits = below + height <= innerHeight - 8;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${fits ? below : Math.max(8, beside.top - height - gap)}px`;
}

export function itemsOf(menu) {
  return [...menu.querySelectorAll("a[href], button:not(:disabled)")].filter((item) => item.offsetParent);
}

export function moveIn(menu, event) {
  const items = itemsOf(menu);
  const now = items.indexOf(document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}
