package dev.mainstay.playground;

import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;

/** One host of a playground, as it is now. */
public record PlaygroundHost(NodeName name, Role role, Address address, HostState state) {}
