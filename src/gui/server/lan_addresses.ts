/** The addresses at which other machines reach a server that listens on every interface. @module */
import { hostOf } from "./guard.ts";

/** The part of a network interface that is needed; `Deno.networkInterfaces()` returns such objects. */
export interface Interface {
  /** Its name, such as `eth0`. */
  readonly name: string;
  /** The family of its address. */
  readonly family: "IPv4" | "IPv6";
  /** Its address. */
  readonly address: string;
}

/** The names of interfaces between this machine and its own containers and virtual machines. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel)/;
/** Addresses that no other machine can use: loopback, and those of one link, which need the name of an interface. */
const UNREACHABLE = /^(127\.|169\.254\.|::1$|fe[89ab])/i;

/**
 * Returns the hosts, as in URLs, at which other machines in the network may reach a server on `hostname`, which is
 * `0.0.0.0` for every IPv4 interface or `::` for every interface; an empty list for other names. IPv4 comes first.
 */
export function lanHosts(hostname: string, interfaces: readonly Interface[]): string[] {
  const families = hostname === "0.0.0.0" ? ["IPv4"] : hostname === "::" ? ["IPv4", "IPv6"] : [];
  const hosts = families.flatMap((family) =>
    interfaces.filter(({ name, address, ...own }) =>
      own.family === family && !VIRTUAL.test(name) && !UNREACHABLE.test(address)
    ).map(({ address }) => hostOf(address))
  );
  return [...new Set(hosts)];
}
