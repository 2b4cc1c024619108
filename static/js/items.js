// What forms that edit ordered items share (questions of a form, lines of a request): plain elements whose order is that
// of their list; data-item says what an element is, data-part what a control holds. After each change, and before the
// form is sent, all of it is written as JSON into the hidden field, as `stored()` of the editor gives it.
import { Controller } from "@hotwired/stimulus";
import { toast } from "./toast.js";

export default class extends Controller {
  static targets = ["data", "said"];
  static values = { textRemoved: String, textUndo: String, textMoved: String };

  connect() {
    this.element.addEventListener("input", this.write);
    this.element.addEventListener("submit", this.write, { capture: true });
    this.write();
  }

  disconnect() {
    this.element.removeEventListener("input", this.write);
    this.element.removeEventListener("submit", this.write, { capture: true });
  }

  write = () => {
    this.dataTarget.value = JSON.stringify(this.stored());
  };

  changed = () => {
    this.write();
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  };

  part(item, name) {
    return item.querySelector(`[data-part="${name}"]`);
  }

  // A clone keeps what was written into the page, not what was typed or chosen since, and no fault that was found.
  twin(item) {
    const twin = item.cloneNode(true);
    const typed = [...item.querySelectorAll("[data-part]")];
    [...twin.querySelectorAll("[data-part]")].forEach((control, number) => {
      if (control.type === "checkbox") control.checked = typed[number].checked;
      else control.value = typed[number].value;
      control.removeAttribute("aria-describedby");
      control.removeAttribute("aria-invalid");
    });
    for (const sentence of twin.querySelectorAll("[data-error]")) sentence.remove();
    return twin;
  }

  remove(event) {
    const item = event.target.closest("[data-item]");
    const list = item.parentElement;
    const next = item.nextElementSibling;
    const neighbour = next ?? item.previousElementSibling ?? list.parentElement;
    item.remove();
    this.changed();
    (this.entrance(neighbour) ?? this.entrance(this.element)).focus();
    const back = () => {
      list.insertBefore(item, next?.parentElement === list ? next : null);
      this.changed();
      this.entrance(item).focus();
    };
    toast(this.textRemovedValue, { action: { label: this.textUndoValue, run: back } });
  }

  // Where somebody goes on who is brought to an element.
  entrance(element) {
    return element.querySelector("input:not([type=hidden]), button");
  }

  up(event) {
    this.move(event, -1);
  }

  down(event) {
    this.move(event, 1);
  }

  // One place up or down; at the edge of its list, `cross` may take it further.
  move(event, step) {
    const item = event.target.closest("[data-item]");
    const focused = document.activeElement;
    const sibling = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (sibling) {
      if (step < 0) sibling.before(item);
      else sibling.after(item);
    } else if (!this.cross(item, step)) return;
    focused.focus();
    item.scrollIntoView({ block: "nearest" });
    this.saidTarget.textContent = this.textMovedValue.replace("{place}", [...item.parentElement.children].indexOf(item) + 1);
    this.changed();
  }

  cross() {
    return false;
  }
}
