/** Language models: how they are named, fetched, checked and kept on this machine. */
@NullMarked
package dev.hourglass.app.model;

import org.jspecify.annotations.NullMarked;
