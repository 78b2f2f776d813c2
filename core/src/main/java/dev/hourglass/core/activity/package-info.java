/**
 * What a session's recent life says about its return: how many messages come, how its gaps compare
 * with its own habits and how fast it is answered, and whether it stays with its topic.
 */
@NullMarked
package dev.hourglass.core.activity;

import org.jspecify.annotations.NullMarked;
