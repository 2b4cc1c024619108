// The editor of questions: sections hold questions, questions hold answers to choose from. All of it is plain elements on
// the page (data-item says what an element is, data-part what a control holds); their order is the order of the form.
// Before the form is sent, and after each change, the whole is written as JSON into the hidden field.
import { Controller } from "@hotwired/stimulus";
import Sortable from "sortablejs";
import { toast } from "../toast.js";

const PARENT = { question: "section", option: "question" };
const CHOICES = ["one_of", "many_of"];

export default class extends Controller {
  static targets = ["data", "sections", "said", "sectionTemplate", "questionTemplate", "optionTemplate"];
  static values = { textRemoved: String, textUndo: String, textMoved: String };

  connect() {
    this.sortables = [];
    this.sort(this.element);
    this.element.addEventListener("input", this.write);
    this.form = this.element.closest("form");
    this.form.addEventListener("submit", this.write, { capture: true });
    this.write();
  }

  disconnect() {
    for (const sortable of this.sortables) sortable.destroy();
    this.form.removeEventListener("submit", this.write, { capture: true });
  }

  // Every list below this element can be sorted by dragging; questions also from one section into another.
  sort(root) {
    for (const list of [...root.querySelectorAll("[data-list]")].filter((found) => !found.dataset.sorted)) {
      list.dataset.sorted = "true";
      const group = list.dataset.list === "option" ? undefined : list.dataset.list;
      this.sortables.push(new Sortable(list, { group, handle: "[data-handle]", draggable: `[data-item="${list.dataset.list}"]`, animation: 120, onEnd: this.changed }));
    }
  }

  changed = () => {
    this.write();
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  };

  write = () => {
    this.dataTarget.value = JSON.stringify([...this.sectionsTarget.children].map((section) => this.section(section)));
  };

  section(element) {
    return {
      id: element.dataset.id,
      title: this.part(element, "title").value,
      help: this.part(element, "help").value,
      questions: [...element.querySelectorAll('[data-item="question"]')].map((question) => this.question(question)),
    };
  }

  question(element) {
    const type = this.part(element, "type").value;
    const options = [...element.querySelectorAll('[data-item="option"]')];
    return {
      id: element.dataset.id,
      type,
      label: this.part(element, "label").value,
      help: this.part(element, "help").value,
      required: this.part(element, "required").checked,
      options: CHOICES.includes(type) ? options.map((option) => ({ key: option.dataset.id, label: this.part(option, "option").value })) : [],
    };
  }

  part(element, name) {
    return element.querySelector(`[data-part="${name}"]`);
  }

  fresh(kind) {
    return this[`${kind}TemplateTarget`].content.firstElementChild.cloneNode(true);
  }

  add(kind, list, after) {
    const item = this.fresh(kind);
    if (after) after.after(item);
    else list.append(item);
    this.sort(item);
    this.changed();
    return item;
  }

  addSection() {
    const section = this.add("section", this.sectionsTarget);
    this.add("question", section.querySelector('[data-list="question"]'));
    this.part(section, "title").focus();
  }

  addQuestion(event) {
    const list = event.target.closest('[data-item="section"]').querySelector('[data-list="question"]');
    this.part(this.add("question", list), "label").focus();
  }

  addOption(event) {
    const list = event.target.closest('[data-item="question"]').querySelector('[data-list="option"]');
    this.part(this.add("option", list, event.target.closest('[data-item="option"]')), "option").focus();
  }

  // A question that becomes one of choices begins with two lines to fill in.
  typed(event) {
    const question = event.target.closest('[data-item="question"]');
    const list = question.querySelector('[data-list="option"]');
    const choices = CHOICES.includes(event.target.value);
    question.querySelector("[data-options]").hidden = !choices;
    while (choices && list.children.length < 2) this.add("option", list);
  }

  copy(event) {
    const question = event.target.closest('[data-item="question"]');
    const twin = question.cloneNode(true);
    // A clone keeps what was written into the page, not what was typed or chosen since.
    for (const name of ["type", "label", "help"]) this.part(twin, name).value = this.part(question, name).value;
    this.part(twin, "required").checked = this.part(question, "required").checked;
    const typed = [...question.querySelectorAll('[data-part="option"]')];
    [...twin.querySelectorAll('[data-part="option"]')].forEach((option, n) => (option.value = typed[n].value));
    for (const item of [twin, ...twin.querySelectorAll("[data-item]")]) item.dataset.id = "";
    for (const list of twin.querySelectorAll("[data-sorted]")) delete list.dataset.sorted;
    question.after(twin);
    this.sort(twin);
    this.changed();
    this.part(twin, "label").focus();
  }

  remove(event) {
    const item = event.target.closest("[data-item]");
    const list = item.parentElement;
    const next = item.nextElementSibling;
    const neighbour = next ?? item.previousElementSibling ?? list.parentElement;
    item.remove();
    this.changed();
    (neighbour.querySelector("input, button") ?? this.element.querySelector("button")).focus();
    const back = () => {
      list.insertBefore(item, next?.parentElement === list ? next : null);
      this.changed();
      item.querySelector("input, button").focus();
    };
    toast(this.textRemovedValue, { action: { label: this.textUndoValue, run: back } });
  }

  up(event) {
    this.move(event, -1);
  }

  down(event) {
    this.move(event, 1);
  }

  // One place up or down; a question at the edge of its section goes on into the next one.
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

  cross(item, step) {
    if (item.dataset.item !== "question") return false;
    const section = item.closest(`[data-item="${PARENT.question}"]`);
    const other = step < 0 ? section.previousElementSibling : section.nextElementSibling;
    if (!other) return false;
    const list = other.querySelector('[data-list="question"]');
    if (step < 0) list.append(item);
    else list.prepend(item);
    return true;
  }
}
