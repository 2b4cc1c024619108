// One menu for all people of the head: sixty of them would weigh more than the matrix. It is filled by the button that opens it.
import { itemsOf, moveIn, placeBeside } from "../menus.js";

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
    placeBeside(this.menu, button, { align: "start", gap: 4 });
    itemsOf(this.menu)[0]?.focus();
  }

  pressed(event) {
    moveIn(this.menu, event);
  }
}
