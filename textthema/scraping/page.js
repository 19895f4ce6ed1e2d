// Runs in the page: finds sign-in pop-ups by role, words and dismiss control, and text that hides behind "more".

const SIGN_IN = new RegExp(
  "\\b(sign|log)[ -]?(in|up)\\b|\\bjoin goodreads\\b|\\balready a member\\b|\\bcreate (an )?account\\b|" +
    "discover (&|and) read more",
  "i",
);
const DISMISS = new RegExp(
  "^\\W*(close|dismiss|no,? thanks|not now|maybe later|skip|later|" +
    "continue (browsing|reading|without|to (goodreads|the (site|page))))\\b|^\\s*[x×✕✖]\\s*$",
  "i",
);
const MORE = /^\W*(show )?(more|all)\b|\bshow more\b/i;
const DIALOGS = "dialog[open], [role=dialog], [role=alertdialog], [aria-modal=true]";
const INTERSTITIALS = "[class*=Interstitial], [data-react-class*=Interstitial] *";
const OVERLAYS = "[class*=modal i], [class*=overlay i]";
const CONTROLS = "button, a, [role=button], input[type=button], [aria-label]";
const SECTIONS =
  ".BookPageMetadataSection__description, .BookPageMetadataSection__genres, [data-testid=description], " +
  "[data-testid=genresList], #description, #descriptionContainer";

function isShown(element) {
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const isInView = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return box.width > 0 && box.height > 0 && isInView && style.visibility !== "hidden" && Number(style.opacity) > 0;
}

function layerOf(element) {
  for (let each = element; each && each !== document.body; each = each.parentElement)
    if (getComputedStyle(each).position === "fixed") return each;
  return null;
}

// The site's header always holds a drawer with a modal's classes and the words "Sign in": only what is shown counts,
// and what merely looks like an overlay has to lie above the page.
function findPopup() {
  const middle = layerOf(document.elementFromPoint(innerWidth / 2, innerHeight / 2));
  const candidates = [
    ...document.querySelectorAll(DIALOGS),
    ...document.querySelectorAll(INTERSTITIALS),
    ...[...document.querySelectorAll(OVERLAYS)].filter(layerOf),
    ...(middle ? [middle] : []),
  ];
  return candidates.find(element => isShown(element) && SIGN_IN.test(element.innerText));
}

function namesOf(control) {
  const inside = [...control.querySelectorAll("img, svg, [aria-label]")];
  return [control, ...inside]
    .flatMap(each => [each.getAttribute("aria-label"), each.getAttribute("title"), each.getAttribute("alt")])
    .concat(control.innerText, control.value)
    .filter(Boolean);
}

// An icon has no click() of its own.
function click(control) {
  const target = control.closest("button, a, [role=button]") || control;
  target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
}

function dismissPopup() {
  const popup = findPopup();
  if (!popup) return false;
  const controls = [...(layerOf(popup) || popup).querySelectorAll(CONTROLS)].filter(isShown);
  const control =
    controls.find(each => namesOf(each).some(name => DISMISS.test(name))) ||
    controls.find(each => each.closest("[class*=close i], [class*=dismiss i]"));
  if (control) click(control);
  return Boolean(control);
}

function popupIsGone() {
  return !findPopup() && document.readyState !== "loading";
}

function moreControls() {
  const controls = [...document.querySelectorAll(SECTIONS)].flatMap(section => [
    ...section.querySelectorAll('button, a[href="#"], a:not([href])'),
  ]);
  return [...new Set(controls)].filter(each => MORE.test(each.innerText));
}

// Called until it says yes: a control does nothing before the page's own scripts have got hold of it.
function openMore() {
  const controls = moreControls();
  for (const control of controls) {
    control.scrollIntoView({ block: "center" });
    click(control);
  }
  return controls.length === 0;
}
