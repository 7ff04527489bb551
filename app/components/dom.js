// Elements from plain values. Strings become text nodes: nothing from a chart is ever read as markup.
// Signs that turn the direction of what follows would show other words than those that are there: they are shown as "�".
const TURNING_SIGNS = /[\u202A-\u202E\u2066-\u2069]/g;

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  put(element, children);
  return element;
}

function put(element, children) {
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child).replace(TURNING_SIGNS, "\uFFFD")));
  }
}

function fill(element, ...children) {
  element.replaceChildren();
  put(element, children);
}

/** Fills an element anew; the focus stays on the button that says the same as the one that had it. */
function refill(element, ...children) {
  const held = element.contains(document.activeElement) ? document.activeElement : null;
  const alike = () => [...element.querySelectorAll(held.tagName)].filter((x) => x.textContent === held.textContent);
  const place = held ? alike().indexOf(held) : -1;
  fill(element, ...children);
  if (place >= 0) alike()[place]?.focus({ preventScroll: true });
}

/** The same where it reads differently, and else nothing: a button that is being pressed stays the one that is released. What its
 *  listeners need they must ask for when they are called. */
function refresh(element, ...children) {
  const fresh = element.cloneNode(false);
  put(fresh, children);
  if (!fresh.isEqualNode(element)) refill(element, [...fresh.childNodes]);
}

/** Whether the theme around an element is dark, from the color Streamlit gives its background. */
function isDark(element) {
  const color = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const probe = h("i", { style: `color:${color || "#fff"};display:none` });
  element.append(probe);
  const [r, g, b] = (getComputedStyle(probe).color.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
  probe.remove();
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

/** Whether the person is typing, so that letters are letters and not commands. */
function isTyping(event) {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement
    && (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName)
      || (target.tagName === "INPUT" && !["checkbox", "radio", "button"].includes(target.type)));
}

const KEEP_MS = 600; // a pause in typing after which the words are kept

/** Keeps what is typed: soon after the last letter, or at once. Nothing happens at once where nothing waits. */
function keeper(keep) {
  let timer = null;
  const now = () => { if (timer === null) return; clearTimeout(timer); timer = null; keep(); };
  const drop = () => { clearTimeout(timer); timer = null; };
  return { soon: () => { clearTimeout(timer); timer = setTimeout(now, KEEP_MS); }, now, drop };
}

function plural(count, one, many) { return `${count} ${count === 1 ? one : many || one + "s"}`; }
