// The lines of a document request: what is asked for, from whom, until when.
import Items from "../items.js";

export default class extends Items {
  static targets = ["list", "blank", "folder", "may"];
  static values = { may: Object, textMay: String };

  async connect() {
    super.connect();
    if (this.hasFolderTarget) this.folder();
    const { default: Sortable } = await import("sortablejs");
    if (!this.listTarget.isConnected) return;
    this.sortable = new Sortable(this.listTarget, { handle: "[data-handle]", draggable: "[data-item]", animation: 120, onEnd: this.changed });
  }

  disconnect() {
    this.sortable?.destroy();
    super.disconnect();
  }

  stored() {
    return [...this.listTarget.children].map((item) => this.line(item));
  }

  line(item) {
    const parts = [...item.querySelectorAll("[data-part]")];
    return Object.fromEntries(parts.map((control) => [control.dataset.part, control.type === "checkbox" ? control.checked : control.value]));
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
    const twin = this.twin(item);
    item.after(twin);
    this.changed();
    this.part(twin, "label").focus();
  }

  entrance(element) {
    return this.part(element, "label") ?? element.querySelector('[data-action="request-editor#add"]');
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
