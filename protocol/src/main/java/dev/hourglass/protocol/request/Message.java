package dev.hourglass.protocol.request;

/**
 * One message of a request.
 *
 * @param content its text; several text parts are joined by line feeds
 */
public record Message(Role role, String content) {}
