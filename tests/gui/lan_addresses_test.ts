import { assertEquals } from "@std/assert";
import { type Interface, lanHosts } from "../../src/gui/server/lan_addresses.ts";

const INTERFACES: Interface[] = [
  { name: "lo", family: "IPv4", address: "127.0.0.1" },
  { name: "lo", family: "IPv6", address: "::1" },
  { name: "eth0", family: "IPv6", address: "2001:db8::7" },
  { name: "eth0", family: "IPv6", address: "fe80::1" },
  { name: "eth0", family: "IPv4", address: "192.168.1.5" },
  { name: "eth0", family: "IPv4", address: "192.168.1.5" },
  { name: "wlan0", family: "IPv4", address: "10.0.0.9" },
  { name: "wlan1", family: "IPv4", address: "169.254.3.4" },
  { name: "docker0", family: "IPv4", address: "172.17.0.1" },
  { name: "br-12ab", family: "IPv4", address: "172.18.0.1" },
];

/** The name on which a server listens, and the hosts at which other machines reach it. */
const CASES: [hostname: string, hosts: string[]][] = [
  ["0.0.0.0", ["192.168.1.5", "10.0.0.9"]],
  ["::", ["192.168.1.5", "10.0.0.9", "[2001:db8::7]"]],
  ["192.168.1.5", []],
  ["127.0.0.1", []],
];

for (const [hostname, hosts] of CASES) {
  Deno.test(`lanHosts() returns the addresses at which other machines reach ${hostname}`, () => {
    assertEquals(lanHosts(hostname, INTERFACES), hosts);
  });
}
