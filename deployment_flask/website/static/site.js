// The page works without this file. With it a reading appears in its place, without a new page.
"use strict";

const form = document.getElementById("form");
const text = document.getElementById("text");
const reading = document.getElementById("reading");
const status = document.getElementById("status");
const counter = document.getElementById("counter");
const MOST = 20000;
const TIMEOUT_MS = 60000;
let asked = null;

function countCharacters() {
  const n = Array.from(text.value).length;
  counter.textContent = `${n.toLocaleString("en-GB")} of ${MOST.toLocaleString("en-GB")} characters`;
  counter.classList.toggle("over", n > MOST);
}

function showNote(sentence) {
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = sentence;
  reading.replaceChildren(note);
}

function summary() {
  const note = reading.querySelector(".note");
  const labels = [...reading.querySelectorAll(".bars .label")].map((label) => label.textContent);
  const themes = labels.length ? `Themes: ${labels.join(", ")}.` : "";
  return [note ? note.textContent : "", themes].join(" ").trim();
}

async function readText() {
  if (asked) asked.abort();
  const mine = (asked = new AbortController());
  const timer = setTimeout(() => mine.abort(), TIMEOUT_MS);
  reading.setAttribute("aria-busy", "true");
  status.textContent = "Reading…";
  try {
    const answer = await fetch(form.action.split("#")[0], {
      method: "POST",
      body: new URLSearchParams({ text: text.value }),
      headers: { "X-Requested-With": "fetch" },
      signal: mine.signal,
    });
    reading.innerHTML = await answer.text(); // written and escaped by the same template as the page
    offerCopy();
  } catch {
    if (asked !== mine) return; // a newer text is being read
    showNote("The site can’t be reached just now. Your text is still in its box: try again in a moment.");
  } finally {
    clearTimeout(timer);
  }
  if (asked !== mine) return;
  reading.removeAttribute("aria-busy");
  status.textContent = summary();
  if (reading.getBoundingClientRect().top > 0.8 * innerHeight) reading.scrollIntoView();
}

async function copyHashtags(button) {
  const hashtags = document.getElementById("hashtags");
  try {
    await navigator.clipboard.writeText(hashtags.textContent);
    button.textContent = "Copied";
    status.textContent = "Hashtags copied";
  } catch {
    getSelection().selectAllChildren(hashtags); // no clipboard without https: Ctrl+C does it
    status.textContent = "Hashtags selected";
  }
}

function offerCopy() {
  const button = document.getElementById("copy");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => copyHashtags(button));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  readText();
});
text.addEventListener("input", countCharacters);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) readText();
});
form.addEventListener("click", (event) => {
  const sample = event.target.closest("[data-sample]");
  if (!sample) return;
  event.preventDefault();
  text.value = sample.dataset.sample;
  countCharacters();
  readText();
});

countCharacters();
offerCopy();
