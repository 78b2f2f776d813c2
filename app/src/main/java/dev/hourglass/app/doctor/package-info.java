/** What this machine has, and how to get the rest. */
@NullMarked
package dev.hourglass.app.doctor;

import org.jspecify.annotations.NullMarked;
