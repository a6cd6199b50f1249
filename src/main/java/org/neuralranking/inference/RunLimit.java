package org.neuralranking.inference;

import java.io.Closeable;

import org.neuralranking.model.bundle.BundleException;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.threadpool.Scheduler.Cancellable;
import org.opensearch.threadpool.ThreadPool;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;

/**
 * Ends a run that takes too long: a graph may hold a Loop, and nobody can tell whether it ends. The runtime looks between two operators,
 * also inside loops, whether it shall go on; an operator that has begun is finished.
 *
 * @param time of one run
 */
record RunLimit(TimeValue time, Timer timer) {

    /**
     * For graphs that nobody has seen answer. An estimate: 2 GB of 8-bit weights, the most that a file holds, on the 512 tokens of the longest
     * text tried are 2e12 operations, some 20 to 40 s on one core; three times that for a busy one.
     */
    static final TimeValue FIRST_RUNS = TimeValue.timeValueMinutes(2);

    /** Runs something later, unless it is cancelled before. */
    interface Timer {
        Cancellable schedule(Runnable command, TimeValue delay);
    }

    /** On the thread that keeps the time: all that is done there is to set a flag. */
    static RunLimit firstRuns(ThreadPool threadPool) {
        return new RunLimit(FIRST_RUNS, (command, delay) -> threadPool.schedule(command, delay, ThreadPool.Names.SAME));
    }

    /** Begins to count; for one run. */
    Running begin() throws OrtException {
        Running running = new Running();
        try {
            running.timeout = timer.schedule(running::end, time);
            return running;
        } catch (RuntimeException e) {
            running.close();
            throw e;
        }
    }

    /** Options of one run, which live as long as it. */
    final class Running implements Closeable {
        private final OrtSession.RunOptions options = new OrtSession.RunOptions();
        private Cancellable timeout;
        private boolean ended;
        private boolean closed;

        private Running() throws OrtException {}

        OrtSession.RunOptions options() {
            return options;
        }

        private synchronized void end() {
            if (closed) {
                return; // the options are freed
            }
            ended = true;
            try {
                options.setTerminate(true);
            } catch (OrtException e) {
                throw new IllegalStateException("a run cannot be ended", e);
            }
        }

        /** Why the runtime refused: because it was told to, or as it says. */
        synchronized OrtException reason(OrtException e, int rows, int tokens) {
            if (ended) {
                throw new BundleException(
                    "model.onnx: got a graph that did not answer " + (rows == 1 ? "a text" : rows + " texts") + " of " + tokens + " tokens within "
                        + time + ", expected one that answers sooner",
                    e
                );
            }
            return e;
        }

        @Override
        public void close() {
            if (timeout != null) {
                timeout.cancel();
            }
            synchronized (this) {
                closed = true;
                options.close();
            }
        }
    }
}
