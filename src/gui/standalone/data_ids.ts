/** The elements of a page that hold its network and its rows. @module */

/** The ids of the elements whose texts are the network's file and the other data, packed by `packBytes`. */
export const DATA_IDS = { network: "packed-network", data: "packed-data" } as const;
