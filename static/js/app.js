// The browser's side of the portal: htmx for partial pages, Stimulus for behaviours, one small file for each.
// Words shown to people come from the page (data attributes, templates), where they have been translated.
import { Application } from "@hotwired/stimulus";
import behaviours from "behaviours";
import "./requests.js";
import "./openers.js";
import { showRegion } from "./toast.js";

document.documentElement.classList.add("js");

const application = Application.start();
for (const [name, behaviour] of behaviours) application.register(name, behaviour);
showRegion();
