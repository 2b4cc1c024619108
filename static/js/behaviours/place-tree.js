// The tree in which a target is chosen: branches are fetched when they open, a search takes its place while words stand there.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["tree", "found", "words"];
  static values = { search: String };

  connect() {
    this.field = document.createElement("input");
    Object.assign(this.field, { type: "hidden", name: "folder" });
    this.element.append(this.field);
    this.element.addEventListener("change", this.settle);
    this.element.addEventListener("place:refused", this.refused);
    this.element.addEventListener("click", this.cancelled);
    this.settle();
    if (this.element.closest("dialog")) this.wordsTarget.autofocus = true;
  }

  disconnect() {
    clearTimeout(this.timer);
  }

  get button() {
    return this.element.querySelector("button[type=submit]");
  }

  // A folder of the tree, or one that the search found.
  settle = () => {
    const searching = !this.foundTarget.hidden;
    const item = this.treeTarget.querySelector('[aria-selected="true"]');
    this.field.disabled = searching;
    this.field.value = item?.dataset.id ?? "";
    this.button.disabled = searching ? !this.foundTarget.querySelector(":checked") : !item;
  };

  choose(event) {
    const { item } = event.detail;
    if (item.dataset.more) return this.fetchMore(item);
    if (item.getAttribute("aria-disabled") === "true") item.removeAttribute("aria-selected");
    this.settle();
  }

  async toggle(event) {
    const { item, open } = event.detail;
    const group = item.querySelector('[role="group"]');
    if (!open || !group || group.children.length) return;
    group.innerHTML = await this.get(item.dataset.branch);
    if (!group.children.length) item.removeAttribute("aria-expanded");
  }

  async fetchMore(item) {
    const holder = document.createElement("template");
    holder.innerHTML = await this.get(item.dataset.more);
    const first = holder.content.querySelector("[role=treeitem]");
    item.replaceWith(holder.content);
    if (first) {
      first.tabIndex = 0;
      first.focus();
    }
    this.settle();
  }

  search() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(this.wordsTarget.value.trim()), 200);
  }

  async find(words) {
    if (words) {
      const found = await this.get(`${this.searchValue}?q=${encodeURIComponent(words)}`);
      if (this.wordsTarget.value.trim() !== words) return;
      this.foundTarget.innerHTML = found;
    }
    this.foundTarget.hidden = !words;
    this.treeTarget.hidden = Boolean(words);
    this.settle();
  }

  // Enter must not send the form before anything is chosen; the arrow leads into the list.
  leave(event) {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const shown = this.foundTarget.hidden ? this.treeTarget.querySelector('[tabindex="0"]') : this.foundTarget.querySelector("input");
    shown?.focus();
  }

  refused = (event) => {
    let fault = this.element.querySelector(".place-fault");
    if (!fault) {
      fault = document.createElement("p");
      fault.className = "field-error place-fault";
      fault.setAttribute("role", "alert");
      this.wordsTarget.before(fault);
    }
    fault.textContent = event.detail.sentence;
  };

  cancelled = (event) => {
    const dialog = this.element.closest("dialog");
    if (!dialog || !event.target.closest("[data-place-tree-cancel]")) return;
    event.preventDefault();
    dialog.close();
  };

  async get(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    return answer.ok ? answer.text() : "";
  }
}
