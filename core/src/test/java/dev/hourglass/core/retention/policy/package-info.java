@NullMarked
package dev.hourglass.core.retention.policy;

import org.jspecify.annotations.NullMarked;
