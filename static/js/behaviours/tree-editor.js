// The editor of folder-tree templates: names, levels and places of folders, by pointer and by keyboard; written as JSON
// into the form's hidden field "tree".
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["root", "row", "count"];
  static values = { tree: Array, count: String };

  connect() {
    this.form = this.element.closest("form");
    this.field = this.form.elements.namedItem("tree");
    if (!this.rootTarget.childElementCount) this.draw(this.treeValue, this.rootTarget);
    this.element.addEventListener("keydown", this.pressed);
    this.element.addEventListener("click", this.clicked);
    this.element.addEventListener("input", this.write);
    this.form.addEventListener("submit", this.write);
    this.write();
    this.makeSortable();
  }

  disconnect() {
    this.form.removeEventListener("submit", this.write);
    for (const sortable of this.sortables ?? []) sortable.destroy();
  }

  async makeSortable() {
    const { default: Sortable } = await import("sortablejs");
    this.Sortable = Sortable;
    this.sortables = [];
    for (const list of this.element.querySelectorAll(".tree-editor-list")) this.sort(list);
  }

  sort(list) {
    if (!this.Sortable) return;
    this.sortables.push(
      this.Sortable.create(list, {
        group: "folders",
        handle: ".tree-editor-handle",
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
        fallbackOnBody: true,
        invertSwap: true,
        onEnd: () => this.changed(),
      }),
    );
  }

  draw(nodes, list) {
    for (const node of nodes) {
      const item = this.newItem(node.name, node.level);
      list.append(item);
      if (Array.isArray(node.children)) this.draw(node.children, this.below(item));
    }
  }

  newItem(name = "", level = "") {
    const item = this.rowTarget.content.firstElementChild.cloneNode(true);
    this.nameOf(item).value = name;
    this.levelOf(item).value = level;
    this.sort(this.below(item));
    return item;
  }

  nameOf = (item) => item.querySelector(":scope > .tree-editor-line .tree-editor-name");
  levelOf = (item) => item.querySelector(":scope > .tree-editor-line .tree-editor-level");
  below = (item) => item.querySelector(":scope > .tree-editor-list");

  read(list) {
    return [...list.children].map((item) => ({
      name: this.nameOf(item).value,
      level: this.levelOf(item).value,
      children: this.read(this.below(item)),
    }));
  }

  write = () => {
    this.field.value = JSON.stringify(this.read(this.rootTarget));
    this.countTarget.textContent = this.countValue.replace("{count}", this.rootTarget.querySelectorAll(".tree-editor-item").length);
  };

  changed(item) {
    this.write();
    this.form.dataset.dirty = "true";
    if (item) this.nameOf(item).focus();
  }

  addLast() {
    const item = this.newItem();
    this.rootTarget.append(item);
    this.changed(item);
  }

  clicked = (event) => {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    this.act(button.dataset.act, button.closest(".tree-editor-item"));
    if (button.isConnected) button.focus();
  };

  pressed = (event) => {
    const item = event.target.closest?.(".tree-editor-item");
    if (!item || !event.target.matches(".tree-editor-name")) return;
    const act = this.actOf(event);
    if (!act) return;
    event.preventDefault();
    this.act(act, item);
  };

  actOf({ key, altKey, ctrlKey, metaKey }) {
    if (altKey) return { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" }[key];
    if ((ctrlKey || metaKey) && (key === "Delete" || key === "Backspace")) return "remove";
    if (key === "Enter") return ctrlKey || metaKey ? "child" : "after";
    return { ArrowUp: "previous", ArrowDown: "next" }[key];
  }

  act(name, item) {
    const moves = {
      up: () => item.previousElementSibling?.before(item),
      down: () => item.nextElementSibling?.after(item),
      out: () => item.parentElement.closest(".tree-editor-item")?.after(item),
      in: () => item.previousElementSibling && this.below(item.previousElementSibling).append(item),
    };
    if (moves[name]) {
      moves[name]();
      return this.changed(item);
    }
    if (name === "previous" || name === "next") return this.step(item, name === "next" ? 1 : -1);
    if (name === "remove") return this.remove(item);
    const added = this.newItem();
    if (name === "child") this.below(item).append(added);
    else item.after(added);
    return this.changed(added);
  }

  step(item, by) {
    const all = [...this.rootTarget.querySelectorAll(".tree-editor-item")];
    const next = all[all.indexOf(item) + by];
    if (next) this.nameOf(next).focus();
  }

  remove(item) {
    const near = item.nextElementSibling ?? item.previousElementSibling ?? item.parentElement.closest(".tree-editor-item");
    item.remove();
    this.changed(near ?? undefined);
  }
}
