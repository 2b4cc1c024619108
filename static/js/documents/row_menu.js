// One menu for all folders of a page and one for all its files: ten thousand rows with menus of their own would weigh ten
// times as much. It is filled by the button that opens it.
import { itemsOf, moveIn, placeBeside } from "../menus.js";

// What stands in the addresses of the menu for the row that it will be about.
const ANY = "00000000-0000-0000-0000-000000000000";
const ADDRESSES = ["href", "action", "data-url"];

export class RowMenu {
  constructor(page, menus) {
    this.page = page;
    this.menus = menus;
    for (const menu of menus) {
      menu.addEventListener("toggle", this.toggled);
      menu.addEventListener("keydown", (event) => moveIn(menu, event));
      menu.addEventListener("click", this.chosen);
    }
    this.addresses = menus.flatMap((menu) => [...menu.querySelectorAll("a, form, button")].flatMap(addressesOf));
    const { element } = page;
    element.addEventListener("pointerdown", this.pressed, { capture: true });
    element.addEventListener("click", this.asked);
    element.addEventListener("keydown", this.arrowed);
    element.addEventListener("contextmenu", this.context);
  }

  // The row that the open menu is about: its entries stand outside of the table.
  rowOf(target) {
    return this.menus.some((menu) => menu.contains(target)) ? this.row : undefined;
  }

  // A press outside closes an open menu by itself, also the press on its own button, which must not open it again.
  pressed = (event) => {
    this.closing = this.button?.ariaExpanded === "true" && this.button.contains(event.target);
  };

  asked = (event) => {
    const button = event.target.closest("[data-row-menu]");
    if (!button || this.closing) return;
    // From the keyboard, a press arrives without a place: what follows is done with the keyboard too.
    this.open(button, { focus: event.detail === 0 });
  };

  arrowed = (event) => {
    const button = event.target.closest("[data-row-menu]");
    if (!button || event.key !== "ArrowDown") return;
    event.preventDefault();
    event.stopPropagation();
    this.open(button, { focus: true });
  };

  // The right button of the mouse shows the same menu; on a link it stays the browser's own.
  context = (event) => {
    const button = !event.target.closest("a, input") && this.page.rowAt(event.target)?.querySelector("[data-row-menu]");
    if (!button) return;
    event.preventDefault();
    const open = () => this.open(button, { focus: true });
    // Letting go of the mouse closes what the press has opened: it opens after that.
    if (event.buttons) addEventListener("pointerup", () => setTimeout(open), { once: true });
    else open();
  };

  open(button, { focus }) {
    const menu = document.getElementById(button.dataset.rowMenu);
    if (menu.matches(":popover-open")) menu.hidePopover();
    this.button = button;
    this.row = this.page.rowAt(button);
    this.fill(menu);
    menu.showPopover();
    placeBeside(menu, button);
    if (focus) itemsOf(menu)[0]?.focus();
  }

  fill(menu) {
    const { row: id, may } = this.row.dataset;
    for (const { item, name, value } of this.addresses) item.setAttribute(name, value.replace(ANY, id));
    for (const item of menu.querySelectorAll("[data-needs]")) item.closest("li").hidden = !may.includes(item.dataset.needs);
    // A line at the end, or two of them, would part nothing.
    const line = menu.querySelector(".menu-line");
    if (line) line.hidden = !may.includes("change");
    menu.setAttribute("aria-label", this.button.ariaLabel);
  }

  toggled = (event) => {
    const open = event.newState === "open";
    if (this.button) this.button.ariaExpanded = String(open);
    const follow = open ? addEventListener : removeEventListener;
    follow("scroll", this.follow, { capture: true, passive: true });
    follow("resize", this.follow, { passive: true });
    this.menu = event.target;
  };

  follow = () => placeBeside(this.menu, this.button);

  chosen = (event) => {
    if (event.target.closest("button[type=button], a")) event.currentTarget.hidePopover();
  };
}

function addressesOf(item) {
  return ADDRESSES.map((name) => ({ item, name, value: item.getAttribute(name) })).filter(({ value }) => value?.includes(ANY));
}
