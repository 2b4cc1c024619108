// The lines of a document request: plain elements whose order is the order of the list; data-part says what a control
// holds. Before the form is sent, and after each change, all of it is written as JSON into the hidden field.
import { Controller } from "@hotwired/stimulus";
import { toast } from "../toast.js";

export default class extends Controller {
  static targets = ["data", "list", "blank", "said", "folder", "may"];
  static values = { may: Object, textRemoved: String, textUndo: String, textMoved: String, textMay: String };

  async connect() {
    this.element.addEventListener("input", this.write);
    this.element.addEventListener("submit", this.write, { capture: true });
    this.write();
    if (this.hasFolderTarget) this.folder();
    const { default: Sortable } = await import("sortablejs");
    if (!this.listTarget.isConnected) return;
    this.sortable = new Sortable(this.listTarget, { handle: "[data-handle]", draggable: "[data-item]", animation: 120, onEnd: this.changed });
  }

  disconnect() {
    this.sortable?.destroy();
    this.element.removeEventListener("input", this.write);
    this.element.removeEventListener("submit", this.write, { capture: true });
  }

  write = () => {
    this.dataTarget.value = JSON.stringify([...this.listTarget.children].map((item) => this.line(item)));
  };

  line(item) {
    const parts = [...item.querySelectorAll("[data-part]")];
    return Object.fromEntries(parts.map((control) => [control.dataset.part, control.type === "checkbox" ? control.checked : control.value]));
  }

  changed = () => {
    this.write();
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  };

  part(item, name) {
    return item.querySelector(`[data-part="${name}"]`);
  }

  // Enter in a line puts the next one below it; the button, at the end.
  add(event) {
    const item = this.blankTarget.content.firstElementChild.cloneNode(true);
    const after = event.target.closest("[data-item]");
    if (after) after.after(item);
    else this.listTarget.append(item);
    if (this.hasFolderTarget) this.folder();
    this.changed();
    this.part(item, "label").focus();
  }

  copy(event) {
    const item = event.target.closest("[data-item]");
    const twin = item.cloneNode(true);
    // A clone keeps what was written into the page, not what was typed or chosen since.
    for (const control of item.querySelectorAll("[data-part]")) {
      const other = this.part(twin, control.dataset.part);
      if (control.type === "checkbox") other.checked = control.checked;
      else other.value = control.value;
      other.removeAttribute("aria-describedby");
      other.removeAttribute("aria-invalid");
    }
    for (const sentence of twin.querySelectorAll("[data-error]")) sentence.remove();
    item.after(twin);
    this.changed();
    this.part(twin, "label").focus();
  }

  remove(event) {
    const item = event.target.closest("[data-item]");
    const next = item.nextElementSibling;
    const neighbour = next ?? item.previousElementSibling ?? this.element;
    item.remove();
    this.changed();
    (neighbour.querySelector('[data-part="label"]') ?? this.element.querySelector('[data-action="request-editor#add"]')).focus();
    const back = () => {
      this.listTarget.insertBefore(item, next?.parentElement === this.listTarget ? next : null);
      this.changed();
      this.part(item, "label").focus();
    };
    toast(this.textRemovedValue, { action: { label: this.textUndoValue, run: back } });
  }

  up(event) {
    this.move(event, -1);
  }

  down(event) {
    this.move(event, 1);
  }

  move(event, step) {
    const item = event.target.closest("[data-item]");
    const sibling = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!sibling) return;
    const focused = document.activeElement;
    if (step < 0) sibling.before(item);
    else sibling.after(item);
    focused.focus();
    item.scrollIntoView({ block: "nearest" });
    this.saidTarget.textContent = this.textMovedValue.replace("{place}", [...this.listTarget.children].indexOf(item) + 1);
    this.changed();
  }

  // Only who may deposit into the chosen folder can be asked; who was chosen before stays to be seen, and is refused.
  folder() {
    const able = this.mayValue[this.folderTarget.value];
    const names = new Set();
    for (const option of this.element.querySelectorAll('[data-part="person_id"] option[value]:not([value=""])')) {
      option.disabled = Boolean(able) && !able.includes(option.value);
      if (able?.includes(option.value)) names.add(option.textContent.trim());
    }
    for (const option of this.blankTarget.content.querySelectorAll('[data-part="person_id"] option[value]:not([value=""])')) {
      option.disabled = Boolean(able) && !able.includes(option.value);
      if (able?.includes(option.value)) names.add(option.textContent.trim());
    }
    this.mayTarget.textContent = able ? this.textMayValue.replace("{names}", [...names].join(", ")) : "";
  }
}
