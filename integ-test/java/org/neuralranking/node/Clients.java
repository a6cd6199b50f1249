package org.neuralranking.node;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients of several nodes that work at the same time, each sending one request after the other, while a node is killed. What became of
 * every request is kept, with the time at which it began and ended: before, during or after the kill. A client whose node does not answer
 * ends; the others end some requests after the kill.
 */
public final class Clients implements AutoCloseable {
    private static final int REQUESTS_AFTER_THE_KILL = 2;
    private static final Duration END_DEADLINE = Duration.ofMinutes(2);

    /** As seen from the test: until it orders the kill, until the process is gone, from then on. */
    public enum Time {
        BEFORE,
        DURING,
        AFTER
    }

    /** Sends the request of this number, which no other request of these clients has, to a node. */
    public interface Request {
        Answer send(Http node, int number);
    }

    /** @param answer null if the connection was lost or refused */
    public record Sent(Http node, int number, Time began, Time ended, Answer answer) {
        public boolean isLost() {
            return answer == null;
        }

        /** Answered, but by a cluster that had lost a node while it was at work. */
        public boolean spannedTheKill() {
            return isLost() == false && began == Time.BEFORE && ended == Time.AFTER;
        }
    }

    private final Request request;
    private final AtomicInteger numbers = new AtomicInteger();
    private final Queue<Sent> sent = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> clients = new ArrayList<>();
    private volatile Time time = Time.BEFORE;
    private volatile boolean stopped;

    /** @param each clients of each node */
    public Clients(List<RealNode> nodes, int each, Request request) {
        this.request = request;
        for (RealNode node : nodes) {
            for (int i = 0; i < each; i++) {
                clients.add(threads.submit(() -> sendTo(node.http())));
            }
        }
    }

    private void sendTo(Http node) {
        int after = 0;
        while (after < REQUESTS_AFTER_THE_KILL && stopped == false) {
            int number = numbers.getAndIncrement();
            Time began = time;
            Answer answer;
            try {
                answer = request.send(node, number);
            } catch (UncheckedIOException lost) {
                sent.add(new Sent(node, number, began, time, null));
                return;
            }
            sent.add(new Sent(node, number, began, time, answer));
            after += began == Time.AFTER ? 1 : 0;
        }
    }

    /** Kills the node while texts wait for this model on it, waits until the clients have ended, and tells what became of all requests. */
    public List<Sent> killAtWork(RealNode victim, String model) {
        Http.waitFor("texts wait for [" + model + "] on " + victim + ", and some requests were answered", Duration.ofMinutes(1), () -> {
            for (Future<?> client : clients) {
                if (client.isDone()) {
                    throw new AssertionError("a client ended before a node was killed: " + client + ", " + sent);
                }
            }
            return sent.isEmpty() == false && queue(victim, model) > 0;
        });
        time = Time.DURING;
        victim.kill();
        time = Time.AFTER;
        for (Future<?> client : clients) {
            try {
                client.get(END_DEADLINE.toSeconds(), TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw new AssertionError("a request hangs " + END_DEADLINE.toSeconds() + " s after " + victim + " was killed", e);
            } catch (ExecutionException e) {
                throw new AssertionError("a client failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while clients were at work", e);
            }
        }
        return List.copyOf(sent);
    }

    private static long queue(RealNode node, String model) {
        for (var counters : node.http().get("/_plugins/_neural_ranking/stats").ok().at("/nodes")) {
            if (counters.path("name").asText().equals(node.name())) {
                return counters.path("models").path(model).path("queue").asLong();
            }
        }
        return 0;
    }

    /** Ends the clients that have not ended, their requests included. */
    @Override
    public void close() {
        stopped = true;
        threads.shutdownNow();
    }
}
