import { assertEquals } from "@std/assert";
import { hostRule, isLocal } from "../../src/gui/server/guard.ts";

/** The name on which the server listens, the hosts that it accepts, and hosts that it refuses. */
const HOSTS: [hostname: string, ours: string[], others: string[]][] = [
  [
    "127.0.0.1",
    [
      "127.0.0.1:8000",
      "127.0.0.1",
      "localhost:8000",
      "LOCALHOST:8000",
      "localhost:9000",
      "[::1]:8000",
      "127.0.0.9",
      "127.255.255.255:65535",
    ],
    [
      "evil.example",
      "evil.example:8000",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "192.168.1.5:8000",
      "[fe80::1]",
      "0.0.0.0:8000",
      "localhost:8000/",
      "a@localhost",
      "localhost:8000, evil.example",
      "localhost:123456",
      "[::1",
      "",
      "127.999.0.1",
      "127.0.0.256:8000",
      "127.0.0.1.1",
      "0127.0.0.1",
      "127.0.0.01",
      "127.1",
      "2130706433",
      "0x7f.0.0.1",
      "[::ffff:127.0.0.1]",
      "[127.0.0.1]",
      "localhost.",
      "127.0.0.1.:8000",
      "localhost:",
      "localhost:65536",
      "localhost:x",
      "localhost:-1",
      "localhost:80:80",
      "http://localhost",
      "user:word@127.0.0.1:8000",
      "localhost\\@evil.example",
      "localhost evil.example",
      "\u{212a}ocalhost",
    ],
  ],
  ["localhost", ["localhost:8000", "127.0.0.1:8000"], ["evil.example:8000", "10.0.0.1"]],
  ["::1", ["[::1]:8000", "localhost:8000"], ["evil.example", "[::2]"]],
  [
    "0.0.0.0",
    ["127.0.0.1:8000", "localhost:8000", "192.168.1.5:8000", "10.0.0.1", "[fe80::1]:8000"],
    [
      "evil.example:8000",
      "10.0.0.1.evil.example",
      "1.2.3",
      "",
      "999.1.1.1",
      "010.0.0.1",
      "[1]",
      "[::g]",
      "[::1]]",
      "[1:2:3:4:5:6:7:8:9]:80",
    ],
  ],
  ["::", ["[2001:db8::7]:8000", "192.168.1.5:8000"], ["evil.example"]],
  ["Desk.Home", ["desk.home:8000", "DESK.home", "192.168.1.5:8000", "localhost"], [
    "evil.example",
    "desk.home.evil",
  ]],
  ["192.168.1.5", ["192.168.1.5:8000", "localhost"], ["evil.example"]],
];

for (const [hostname, ours, others] of HOSTS) {
  Deno.test(`hostRule() of ${hostname} accepts only the server's own hosts`, () => {
    const isOurs = hostRule(hostname);
    assertEquals(ours.filter((host) => !isOurs(host)), []);
    assertEquals(others.filter((host) => isOurs(host)), []);
  });
}

Deno.test("isLocal() is true only for loopback addresses", () => {
  const local = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "::FFFF:127.0.0.1"];
  const others = [
    "192.168.1.5",
    "10.0.0.1",
    "::ffff:192.168.1.5",
    "fe80::1",
    "::ffff:1",
    "1127.0.0.1",
    "",
    "127.0.0.1.a",
  ];
  assertEquals(local.filter((address) => !isLocal(address)), []);
  assertEquals(others.filter(isLocal), []);
});
