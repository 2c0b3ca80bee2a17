package dev.mainstay.cluster.endpoint;

import dev.mainstay.model.NodeName;

/**
 * A master went, or came back.
 *
 * @param sessions how many connections were closed, so that their clients connect elsewhere
 * @param why what was seen of it; empty where it is ready
 */
public record Change(NodeName master, MasterState state, int sessions, String why) {}
