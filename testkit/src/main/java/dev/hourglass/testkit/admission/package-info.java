/** Admission for tests. */
@NullMarked
package dev.hourglass.testkit.admission;

import org.jspecify.annotations.NullMarked;
