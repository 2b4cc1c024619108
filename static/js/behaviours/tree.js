// The keyboard of the ARIA tree pattern: one tab stop, arrows, Home, End, letters; Enter opens data-href.
// Says tree:select { id, item } when an item is chosen and tree:toggle { id, open } when a branch opens or closes.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  connect() {
    this.element.addEventListener("keydown", this.pressed);
    this.element.addEventListener("click", this.clicked);
    this.element.addEventListener("dblclick", this.doubled);
    this.element.addEventListener("focusin", (event) => this.rove(event.target.closest("[role=treeitem]")));
    this.rove(this.element.querySelector('[aria-selected="true"]') ?? this.items[0]);
  }

  get items() {
    return [...this.element.querySelectorAll("[role=treeitem]")].filter((item) => !item.parentElement.closest('[aria-expanded="false"]'));
  }

  rove(item) {
    if (!item) return;
    for (const other of this.element.querySelectorAll('[role=treeitem][tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
  }

  focus(item) {
    this.rove(item);
    item?.focus();
  }

  toggle(item, open = item.getAttribute("aria-expanded") !== "true") {
    if (!item.hasAttribute("aria-expanded")) return;
    item.setAttribute("aria-expanded", String(open));
    this.dispatch("toggle", { detail: { id: item.dataset.id, open, item } });
  }

  select(item) {
    for (const other of this.element.querySelectorAll('[aria-selected="true"]')) other.removeAttribute("aria-selected");
    item.setAttribute("aria-selected", "true");
    this.dispatch("select", { detail: { id: item.dataset.id, item } });
  }

  clicked = (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.target.closest(".tree-extra, a, button, input, select")) return;
    if (event.target.closest(".tree-toggle")) this.toggle(item);
    else this.select(item);
    this.focus(item);
  };

  doubled = (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.target.closest(".tree-extra, .tree-toggle, a, button, input, select")) return;
    if (item.dataset.href) location.assign(item.dataset.href);
    else this.toggle(item);
  };

  pressed = (event) => {
    const item = event.target;
    if (item.role !== "treeitem" && item.getAttribute("role") !== "treeitem") return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const items = this.items;
    const at = items.indexOf(item);
    const keys = {
      ArrowDown: () => this.focus(items[at + 1]),
      ArrowUp: () => this.focus(items[at - 1]),
      Home: () => this.focus(items[0]),
      End: () => this.focus(items.at(-1)),
      ArrowRight: () => (item.getAttribute("aria-expanded") === "false" ? this.toggle(item, true) : this.focus(item.querySelector("[role=treeitem]"))),
      ArrowLeft: () => (item.getAttribute("aria-expanded") === "true" ? this.toggle(item, false) : this.focus(item.parentElement.closest("[role=treeitem]"))),
      Enter: () => (item.dataset.href ? location.assign(item.dataset.href) : this.select(item)),
      " ": () => this.select(item),
    };
    const act = keys[event.key] ?? (event.key.length === 1 ? () => this.jump(event.key, items, at) : undefined);
    if (!act) return;
    event.preventDefault();
    act();
  };

  jump(letter, items, at) {
    const wanted = letter.toLocaleLowerCase();
    const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    this.focus(rest.find((item) => item.querySelector(".tree-name").textContent.trim().toLocaleLowerCase().startsWith(wanted)));
  }
}
