// The editor of folder-tree templates: names, levels and places of folders, by pointer and by keyboard; written as JSON
// into the form's hidden field "tree". A folder keeps its id (data-id) wherever it goes: clients' folders refer to it.
import { Controller } from "@hotwired/stimulus";
import { keyOf, outline } from "../trees/outline.js";

const MOST_STEPS = 200;

export default class extends Controller {
  static targets = ["root", "row", "count", "undo", "said", "pasted"];
  static values = { tree: Array, one: String, many: String, moved: String, removed: String, sorted: String, added: String };

  connect() {
    this.form = this.element.closest("form");
    this.field = this.form.elements.namedItem("tree");
    if (!this.rootTarget.childElementCount) this.draw(this.treeValue, this.rootTarget);
    this.past = [];
    this.element.addEventListener("keydown", this.pressed);
    this.element.addEventListener("click", this.clicked);
    this.element.addEventListener("input", this.write);
    this.element.addEventListener("change", this.keep);
    this.element.addEventListener("paste", this.pastedInto);
    this.element.addEventListener("focusin", this.focused);
    this.form.addEventListener("submit", this.write);
    this.write();
    this.last = this.field.value;
    this.showUndo();
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
        onEnd: (event) => this.changed(event.item, { focus: false, said: true }),
      }),
    );
  }

  draw(nodes, list) {
    for (const node of nodes) {
      const item = this.newItem(node);
      list.append(item);
      if (Array.isArray(node.children)) this.draw(node.children, this.below(item));
    }
  }

  newItem({ id = "", name = "", level = "" } = {}) {
    const item = this.rowTarget.content.firstElementChild.cloneNode(true);
    item.dataset.id = typeof id === "string" ? id : "";
    this.nameOf(item).value = typeof name === "string" ? name : "";
    this.levelOf(item).value = level ?? "";
    this.sort(this.below(item));
    return item;
  }

  nameOf = (item) => item.querySelector(":scope > .tree-editor-line .tree-editor-name");
  levelOf = (item) => item.querySelector(":scope > .tree-editor-line .tree-editor-level");
  below = (item) => item.querySelector(":scope > .tree-editor-list");
  above = (item) => item.parentElement.closest(".tree-editor-item");

  read(list) {
    return [...list.children].map((item) => ({
      id: item.dataset.id,
      name: this.nameOf(item).value,
      level: this.levelOf(item).value,
      children: this.read(this.below(item)),
    }));
  }

  write = () => {
    this.field.value = JSON.stringify(this.read(this.rootTarget));
    const count = this.rootTarget.querySelectorAll(".tree-editor-item").length;
    this.countTarget.textContent = count === 1 ? this.oneValue : this.manyValue.replace("{count}", count);
  };

  // One step more that can be taken back. Letters are the browser's own affair until the field is left.
  keep = () => {
    this.write();
    if (this.field.value === this.last) return;
    this.past.push(this.last);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.last = this.field.value;
    this.showUndo();
  };

  undo() {
    this.keep();
    if (!this.past.length) return;
    this.last = this.past.pop();
    this.rootTarget.replaceChildren();
    this.draw(JSON.parse(this.last), this.rootTarget);
    this.write();
    this.form.dataset.dirty = "true";
    this.showUndo();
    this.rootTarget.querySelector(".tree-editor-name")?.focus();
  }

  showUndo() {
    for (const button of this.undoTargets) button.disabled = !this.past.length;
  }

  changed(item, { focus = true, said = false } = {}) {
    this.keep();
    this.form.dataset.dirty = "true";
    if (item && focus) this.nameOf(item).focus();
    if (item && said) this.sayPlace(item);
  }

  say(text) {
    this.saidTarget.textContent = text;
  }

  sayPlace(item) {
    const above = this.above(item);
    const [place, of] = [[...item.parentElement.children].indexOf(item) + 1, item.parentElement.childElementCount];
    const words = { name: this.nameOf(item).value, place, of, folder: above ? this.nameOf(above).value : "–" };
    this.say(this.movedValue.replace(/\{(\w+)\}/g, (_all, key) => words[key]));
  }

  addLast() {
    const item = this.newItem();
    this.rootTarget.append(item);
    this.changed(item);
  }

  focused = (event) => {
    const item = event.target.closest(".tree-editor-item");
    if (item) this.current = item;
  };

  clicked = (event) => {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    this.act(button.dataset.act, button.closest(".tree-editor-item"));
    if (button.isConnected) button.focus();
  };

  pressed = (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z") {
      this.write();
      if (this.field.value !== this.last || event.target.matches("textarea")) return;
      event.preventDefault();
      this.undo();
      return;
    }
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
      out: () => this.above(item)?.after(item),
      in: () => item.previousElementSibling && this.below(item.previousElementSibling).append(item),
    };
    if (moves[name]) {
      moves[name]();
      return this.changed(item, { said: true });
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
    const near = item.nextElementSibling ?? item.previousElementSibling ?? this.above(item);
    this.say(this.removedValue.replace("{name}", this.nameOf(item).value));
    item.remove();
    this.changed(near ?? undefined);
  }

  // Of the level in which the keyboard was last; the top, where it was in none.
  sortLevel() {
    this.sortList(this.current?.isConnected ? this.current.parentElement : this.rootTarget);
    this.afterSorting();
  }

  sortAll() {
    for (const list of [this.rootTarget, ...this.rootTarget.querySelectorAll(".tree-editor-list")]) this.sortList(list);
    this.afterSorting();
  }

  sortList(list) {
    const { compare } = new Intl.Collator(document.documentElement.lang || undefined, { numeric: true });
    list.append(...[...list.children].sort((one, other) => compare(this.nameOf(one).value, this.nameOf(other).value)));
  }

  afterSorting() {
    this.changed();
    this.say(this.sortedValue);
  }

  // Several lines pasted into a name become folders beside it; one line is text as ever.
  pastedInto = (event) => {
    const item = event.target.closest?.(".tree-editor-item");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!item || !event.target.matches(".tree-editor-name") || !/\S\s*[\r\n]+\s*\S/.test(text)) return;
    event.preventDefault();
    const list = item.parentElement;
    if (!this.nameOf(item).value.trim() && !this.below(item).childElementCount) item.remove();
    this.grow(outline(text), list);
  };

  addPasted() {
    const nodes = outline(this.pastedTarget.value);
    if (!nodes.length) return;
    this.grow(nodes, this.rootTarget);
    this.pastedTarget.value = "";
    this.pastedTarget.closest("details").open = false;
  }

  grow(nodes, list) {
    const before = this.rootTarget.querySelectorAll(".tree-editor-item").length;
    const first = this.merge(nodes, list);
    const added = this.rootTarget.querySelectorAll(".tree-editor-item").length - before;
    this.changed(first);
    this.say(this.addedValue.replace("{count}", added));
  }

  // What is there by name already is kept, and gets what is new below it. The first item is returned.
  merge(nodes, list) {
    let first;
    for (const node of nodes) {
      let item = [...list.children].find((known) => keyOf(this.nameOf(known).value) === keyOf(node.name));
      if (!item) list.append((item = this.newItem(node)));
      this.merge(node.children, this.below(item));
      first ??= item;
    }
    return first;
  }
}
