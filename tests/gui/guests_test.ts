/** Tests of the actions that clients on other machines may do. @module */
import { assertEquals } from "@std/assert";
import { createCorrections } from "../../src/gui/teaching/corrections.ts";
import { ROUTES } from "../../src/gui/protocol/protocol.ts";
import { ask, openGui, requestOf } from "./support.ts";

const options = { sanitizeOps: true, sanitizeResources: true };
const corrections = createCorrections("c.npz");
const GUESTS = ["192.168.1.5", "::ffff:192.168.1.5", "2001:db8::7"];
const OWNERS = ["127.0.0.1", "::1", "::ffff:127.0.0.1"];
const stop = { body: '{"action":"stop"}' };

for (const address of GUESTS) {
  Deno.test(
    `createGui() lets the guest ${address} draw, but not correct, control or quit`,
    options,
    async () => {
      const gui = await openGui({ corrections, hostname: "::" });
      const statusOf = async (route: string, body?: { body: string }) => {
        const { status, json } = await ask(gui, route, { ...body, address });
        return [status, json.error];
      };
      assertEquals((await statusOf(ROUTES.predict))[0], 200);
      assertEquals((await statusOf(ROUTES.unit, { body: '{"layer":0,"unit":0}' }))[0], 200);
      const refusal = (
        action: string,
      ) => [403, `Guests may not ${action}; it needs a browser on the server's machine`];
      assertEquals(await statusOf(`${ROUTES.correct}?label=1`), refusal("add corrections"));
      for (const action of ["stop", "steer", "restart"]) {
        const body = JSON.stringify({ action });
        assertEquals(await statusOf(ROUTES.training, { body }), refusal("control the training"));
      }
      assertEquals((await statusOf(ROUTES.cell, { body: '{"label":0,"predicted":0}' }))[0], 404); // there is no test set
      assertEquals(
        await statusOf(ROUTES.corrections, { body: '{"most":1}' }),
        refusal("see the corrections"),
      );
      assertEquals(await statusOf(ROUTES.correction), refusal("change corrections"));
      assertEquals(await statusOf(ROUTES.learn, stop), refusal("teach the network"));
      assertEquals(await statusOf(ROUTES.save), refusal("save the network"));
      assertEquals(await statusOf(ROUTES.quit), refusal("stop the server"));
      assertEquals((await statusOf(ROUTES.predict))[0], 200);
    },
  );
}

Deno.test(
  "createGui() lets this machine correct, control and quit, and guests if they are allowed to",
  options,
  async () => {
    for (const [addresses, allowGuests] of [[OWNERS, false], [[...OWNERS, ...GUESTS], true]] as const) {
      for (const address of addresses) {
        const gui = await openGui({ corrections, hostname: "::", allowGuests });
        assertEquals((await ask(gui, `${ROUTES.correct}?label=1`, { address })).status, 200);
        assertEquals((await ask(gui, ROUTES.training, { ...stop, address })).status, 409); // nothing is being trained
        assertEquals((await ask(gui, ROUTES.quit, { address })).status, 200);
        await gui.quit;
      }
    }
  },
);

Deno.test(
  "createGui() saves the network only for this machine, also if guests may teach it",
  options,
  async () => {
    const save = () => Promise.resolve({ file: "m.npz" });
    const gui = await openGui({ corrections, hostname: "::", allowGuests: true, save });
    for (const [addresses, wanted] of [[OWNERS, 200], [GUESTS, 403]] as const) {
      for (const address of addresses) {
        assertEquals(
          (await ask(gui, ROUTES.save, { address })).status,
          wanted,
        );
      }
    }
    assertEquals((await ask(gui, ROUTES.learn, { ...stop, address: GUESTS[0] })).status, 200);
  },
);

Deno.test("createGui() sends a page whether it is a guest's", options, async () => {
  for (
    const [address, allowGuests, isGuest] of [["10.0.0.1", false, true], ["10.0.0.1", true, false], [
      "::1",
      false,
      false,
    ]] as const
  ) {
    const gui = await openGui({ hostname: "::", allowGuests });
    const stream = await gui.handle(requestOf(gui, ROUTES.watch), address);
    gui.close();
    assertEquals((await stream.text()).split("\n")[1], JSON.stringify({ type: "access", isGuest }));
  }
});
