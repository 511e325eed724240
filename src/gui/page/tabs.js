/**
 * The tabs of one browser that show the same page. Browsers open at most six connections to a server over HTTP/1.1, so
 * one tab has the stream of messages and passes them on. The tab that opened a stream last leads; the others close
 * theirs. `navigator.locks` would need HTTPS or loopback, so it cannot choose the leader.
 * @module
 */
/** @import { TabListener, Tabs } from "./parts.ts" */

/** @param {TabListener} listener @returns {Tabs} */
export function createTabs({ onLead, onMessage, onLeft }) {
  const channel = new BroadcastChannel("mlpcuda.stream");
  /** The time since which this tab leads, with a random number: a later time leads. @type {string | undefined} */
  let own;
  /** The same of the leader that this tab follows. @type {string | undefined} */
  let leader;
  let token = "";

  channel.addEventListener("message", ({ data }) => {
    if (data.token !== undefined) {
      if (own && own > data.from) return channel.postMessage({ from: own, token });
      own = undefined;
      leader = data.from;
      onLead(data.token);
    } else if (data.from === leader) {
      if (data.message) return onMessage(data.message);
      leader = undefined;
      onLeft();
    }
  });
  const leave = () => {
    if (own) channel.postMessage({ from: own });
    own = undefined;
  };
  addEventListener("pagehide", leave);

  return {
    lead(current) {
      token = current;
      own = `${Date.now()}-${Math.random()}`;
      leader = undefined;
      channel.postMessage({ from: own, token });
    },
    send(message) {
      if (own) channel.postMessage({ from: own, message });
    },
    leave,
    get isFollowing() {
      return leader !== undefined;
    },
  };
}
