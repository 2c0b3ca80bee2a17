package dev.mainstay.engine;

/** Why a step is in a plan; implemented by an enum whose constants' names are part of the JSON. */
public interface Reason {
  /** The constant's name: {@code NODE_MISSING}. */
  String name();
}
