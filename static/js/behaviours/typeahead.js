// A select that one types into (tom-select). data-typeahead-url-value: an address that answers ?q= with
// [{"value", "text", "note"}]; without it the options on the page are searched.
// data-typeahead-create-value="Add {input}" lets one add what is not there; says typeahead:chosen { value, data }.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static values = { url: String, empty: String, create: String, placeholder: String };

  async connect() {
    const { default: TomSelect } = await import("tom-select");
    if (!this.element.isConnected || this.element.tomselect) return;
    const several = this.element.multiple;
    this.select = new TomSelect(this.element, {
      plugins: several ? { remove_button: { title: "" } } : {},
      create: this.hasCreateValue,
      createOnBlur: false,
      maxOptions: 200,
      placeholder: this.placeholderValue || undefined,
      searchField: this.hasUrlValue ? [] : ["text", "note"],
      valueField: "value",
      labelField: "text",
      preload: this.hasUrlValue ? "focus" : false,
      loadThrottle: 200,
      score: this.hasUrlValue ? () => () => 1 : undefined,
      load: this.hasUrlValue ? (query, done) => this.fetch(query, done) : undefined,
      onChange: (value) => this.dispatch("chosen", { detail: { value, data: this.select?.options[value] } }),
      render: {
        option: (data, escape) => `<div><span>${escape(data.text)}</span>${data.note ? `<span class="note">${escape(data.note)}</span>` : ""}</div>`,
        no_results: (data, escape) => `<div class="no-results">${escape(this.emptyValue)}</div>`,
        option_create: (data, escape) => `<div class="create">${escape(this.createValue.replace("{input}", data.input))}</div>`,
        loading: () => null,
      },
    });
    // The select is only a store now; its label belongs to the box that one types into.
    this.element.setAttribute("aria-hidden", "true");
  }

  disconnect() {
    this.select?.destroy();
  }

  async fetch(query, done) {
    const address = new URL(this.urlValue, location.href);
    address.searchParams.set("q", query);
    this.running?.abort();
    this.running = new AbortController();
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: this.running.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      // What the last letters found must not stay among what these letters find.
      this.select.clearOptions();
      done(await answer.json());
    } catch {
      done();
    }
  }
}
