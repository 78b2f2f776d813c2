/** What it is worth to keep a session's state: how likely it is used again, and when. */
@NullMarked
package dev.hourglass.core.retention.value;

import org.jspecify.annotations.NullMarked;
