/** {@code hourglass bench chaos}: what sessions notice while their endpoints fail. */
@NullMarked
package dev.hourglass.app.bench.chaos;

import org.jspecify.annotations.NullMarked;
