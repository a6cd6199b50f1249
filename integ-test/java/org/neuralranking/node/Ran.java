package org.neuralranking.node;

/**
 * A command that has ended.
 *
 * @param status its exit status
 * @param out    what it wrote to standard output
 * @param error  what it wrote to standard error
 */
public record Ran(int status, String out, String error) {}
