// A name that is typed where it stands: Enter keeps it, Escape leaves it, a refusal stands beside it. The row changes only
// once the portal has said yes.
export function editName(holder, { value = "", label, save, left }) {
  const input = document.createElement("input");
  Object.assign(input, { className: "control rename-field", value, maxLength: 255, autocomplete: "off", spellcheck: false });
  input.setAttribute("aria-label", label);
  const fault = document.createElement("p");
  fault.className = "field-error";
  fault.setAttribute("role", "alert");
  const hidden = [...holder.children];
  for (const child of hidden) child.hidden = true;
  holder.append(input, fault);
  let over = false;
  let busy = false;

  const end = (saved) => {
    if (over) return;
    over = true;
    input.remove();
    fault.remove();
    for (const child of hidden) child.hidden = false;
    left(saved);
  };
  const keep = async () => {
    const name = input.value.trim();
    if (busy) return;
    if (!name || name === value) return end(false);
    busy = true;
    input.readOnly = true;
    try {
      await save(name);
      end(true);
    } catch (error) {
      fault.textContent = error.message;
      input.setAttribute("aria-invalid", "true");
      input.readOnly = false;
      input.focus();
    }
    busy = false;
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") keep();
    else if (event.key === "Escape") end(false);
    else return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener("input", () => {
    fault.textContent = "";
    input.removeAttribute("aria-invalid");
  });
  // Who clicks elsewhere has finished; with a refusal on the screen the old name stays.
  input.addEventListener("blur", () => {
    if (!busy) (fault.textContent ? end(false) : keep());
  });
  input.focus();
  // The ending of a file usually stays: what comes before it is selected.
  const dot = value.lastIndexOf(".");
  input.setSelectionRange(0, dot > 0 ? dot : value.length);
  return input;
}
