/** Where a session's state is kept when the engine has no room for it. */
@NullMarked
package dev.hourglass.core.residency;

import org.jspecify.annotations.NullMarked;
