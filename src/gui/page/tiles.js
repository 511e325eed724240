/** The corrections as tiles, to look at, relabel and delete. @module */
/** @import { CorrectionList, Tile } from "../protocol/protocol.ts" */
/** @import { Ink, Server, Tiles } from "./parts.ts" */
import { byId, grouped, make, reasonOf, rove } from "./dom.js";
import { inked, paintPicture } from "./palette.js";

/** The number of tiles that are shown at first and added by More, and the maximum. */
const step = 100, limit = 500;

/** @param {string} text base64 */
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** @param {Server} server @param {Ink} ink @returns {Tiles} */
export function createTiles(server, ink) {
  const grid = byId("tiles"), words = byId("tile-words"), restore = byId("restore"), more = byId("more");
  const relabel = byId("relabel", HTMLSelectElement);
  /** @type {readonly string[]} */
  let names = [];
  /** @type {CorrectionList} */
  let taught = { count: 0, width: 1, tiles: [] };
  /** @type {HTMLElement[]} */
  let buttons = [];
  /** The ids of the selected correction and of the one deleted last. */
  let selected = "", deleted = "";
  let most = step, isGuest = true, isAsking = false, isDue = false;
  const selectedTile = () => taught.tiles.find(({ id }) => id === selected);

  const show = () => {
    const { count, width, tiles } = taught,
      had = buttons.findIndex((button) => button === document.activeElement);
    buttons = tiles.map(({ id, label, image }, at) => {
      const canvas = make("canvas"), name = names[label];
      paintPicture(canvas, bytesOf(image), width, (value) => inked(value / 255));
      const button = make("button", { tabindex: "-1", "aria-pressed": `${id === selected}` }, canvas, name);
      button.ariaLabel = `${name}, ${grouped(at + 1)} of ${grouped(count)}`;
      button.addEventListener("click", () => select(id === selected ? "" : id));
      return button;
    });
    const at = Math.max(0, tiles.findIndex(({ id }) => id === selected));
    grid.replaceChildren(...buttons);
    if (buttons[at]) buttons[at].tabIndex = 0;
    if (had >= 0) (buttons[Math.min(had, buttons.length - 1)] ?? restore).focus();
    if (!deleted && buttons[0]) {
      if (document.activeElement === restore) buttons[0].focus();
      restore.hidden = true;
    }
    byId("h-taught").textContent = count === 1 ? "1 correction" : `${grouped(count)} corrections`;
    byId("taught").hidden = isGuest || count + words.textContent.length === 0;
    more.hidden = tiles.length === count || most >= limit;
    if (more.hidden && document.activeElement === more) buttons[tiles.length - 1]?.focus();
    const tile = selectedTile();
    byId("tile").hidden = !tile;
    if (tile) relabel.selectedIndex = tile.label;
  };
  /** @param {string} id */
  const select = (id) => {
    selected = id;
    show();
  };

  const refresh = async () => {
    isDue = true;
    if (isAsking || isGuest) return;
    isAsking = true;
    while (isDue) {
      isDue = false;
      try {
        taught = await server.ask("/corrections", { most });
      } catch (error) {
        if (taught.count) words.textContent = reasonOf(error);
      }
      show();
    }
    isAsking = false;
  };

  /** @param {"relabel" | "delete" | "restore"} action @param {string} id @param {string} done @param {number} [label] */
  const change = async (action, id, done, label) => {
    try {
      await server.ask("/correction", { action, id, label });
      words.textContent = done;
      deleted = action === "delete" ? id : "";
      if (action === "delete") selected = "";
    } catch (error) {
      words.textContent = reasonOf(error);
    }
    if (deleted) restore.hidden = false;
  };
  /** @param {Tile | undefined} tile */
  const remove = async (tile) => {
    if (!tile) return;
    await change("delete", tile.id, `Deleted a ${names[tile.label]}`);
    if (deleted && (document.activeElement ?? document.body).matches("#delete, body")) restore.focus();
  };

  relabel.addEventListener("change", () => {
    const label = relabel.selectedIndex;
    change("relabel", selected, `Relabeled as a ${names[label]}`, label);
  });
  byId("delete").addEventListener("click", () => remove(selectedTile()));
  grid.addEventListener("keydown", ({ key, target }) => {
    if (key === "Delete") remove(taught.tiles[buttons.findIndex((button) => button === target)]);
  });
  restore.addEventListener("click", () => change("restore", deleted, "Restored"));
  byId("show").addEventListener("click", () => {
    const tile = selectedTile();
    if (tile) ink.show([...bytesOf(tile.image)], ink.columns);
  });
  more.addEventListener("click", () => {
    most = Math.min(limit, most + step);
    refresh();
  });
  rove(grid, () => buttons);

  return {
    refresh,
    setNames(classNames) {
      names = classNames;
      relabel.replaceChildren(...names.map((name) => make("option", {}, name)));
      show();
    },
    setAccess(is) {
      isGuest = is;
      refresh();
    },
  };
}
