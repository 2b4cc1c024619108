// One menu for all people of the head: sixty of them would weigh more than the matrix. It is filled by the button that opens it.
export class HeadMenu {
  constructor(menu) {
    this.menu = menu;
  }

  open(button) {
    const { p: person, name, profile, settable } = button.closest("th").dataset;
    this.column = button.closest("th").cellIndex;
    for (const field of this.menu.querySelectorAll("[name=target]")) field.value = person;
    for (const item of this.menu.querySelectorAll("[data-settable]")) item.hidden = settable !== "true";
    this.menu.querySelector("[data-profile]").href = profile;
    this.menu.querySelector("[data-name]").textContent = name;
    this.menu.setAttribute("aria-label", button.ariaLabel);
    this.menu.showPopover();
    this.place(button.getBoundingClientRect());
    this.items[0]?.focus();
  }

  get items() {
    return [...this.menu.querySelectorAll("a[href], button")].filter((item) => item.offsetParent);
  }

  place(beside) {
    const { offsetWidth: width, offsetHeight: height } = this.menu;
    const left = Math.min(beside.left, document.documentElement.clientWidth - width - 8);
    const below = beside.bottom + 4;
    this.menu.style.left = `${Math.max(8, left)}px`;
    this.menu.style.top = `${below + height <= innerHeight - 8 ? below : Math.max(8, beside.top - height - 4)}px`;
  }

  pressed(event) {
    const items = this.items;
    const now = items.indexOf(document.activeElement);
    const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  }
}
