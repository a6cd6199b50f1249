package org.neuralranking.model.bundle;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which operators a model uses, and where the runtime will find them: in its own domains, or among the functions that the model brings
 * along (what PyTorch's exporter writes). Anything else would be an operator that somebody loads into the process.
 * <p>
 * A function is copied to where it is called, so functions that call functions are a way to write down 2^n nodes in n lines; the nodes are
 * counted as copied.
 */
final class Operators {

    private static final String MICROSOFT = "com.microsoft";
    /** Domains whose operators are built into the runtime. */
    private static final Set<String> OWN = Set.of("", "ai.onnx.ml", MICROSOFT);
    /**
     * Operators of com.microsoft that reach outside the graph: to files and compiled binaries (EPContext, Snpe), to Python and PyTorch in the
     * same process, to other processes. The runtime that is built in knows only the first two, and has kernels for none; one that another
     * plugin loaded first may.
     */
    private static final Set<String> REACHING_OUT = Set.of(
        "EPContext",
        "Snpe",
        "PythonOp",
        "PythonOpGrad",
        "TritonOp",
        "ATen",
        "ATenOp",
        "ExternalGradient",
        "YieldOp",
        "Send",
        "Recv",
        "AllReduce",
        "AllGather",
        "AllToAll",
        "NcclAllReduce",
        "NcclAllGather",
        "NcclReduceScatter",
        "AdasumAllReduce"
    );
    /** Collectives over several devices. */
    private static final String DISTRIBUTED = "Distributed";

    private static final int MAX_FUNCTIONS = 10_000;
    /** Modules nest about ten deep. */
    private static final int MAX_CALL_DEPTH = 64;
    /** Nodes once every function is copied to where it is called; the largest exports have some tens of thousands. */
    private static final long MAX_NODES = 500_000;
    /** Chars of the names kept; a model of many thousand functions has some hundred thousand. */
    private static final long MAX_NAME_CHARS = 8_000_000;

    private static final Operator MAIN = new Operator("", "", "");

    private record Operator(String domain, String name, String overload) {
        @Override
        public String toString() {
            return domain + ":" + name + (overload.isEmpty() ? "" : ":" + overload);
        }
    }

    /** The nodes of a graph and of the graphs inside it, or of a function. */
    static final class Body {
        private long nodes;
        /** How often each operator of another domain is used. */
        private final Map<Operator, Integer> calls = new LinkedHashMap<>();
        /** Nodes and calls below it, once known. */
        private long copiedNodes = -1;
        private int height;
    }

    private final String where;
    /** One object for each operator of another domain, and the first node that uses it. */
    private final Map<Operator, Operator> operators = new HashMap<>();
    private final Map<Operator, String> firstNode = new LinkedHashMap<>();
    private final Map<Operator, Body> functions = new HashMap<>();
    private long keptChars;

    Operators(String where) {
        this.where = where;
    }

    Body body() {
        return new Body();
    }

    /** @throws BundleException if the operator is one that must not run */
    void used(String domain, String name, String overload, String node, Body body) {
        Operator operator = operator(domain, name, overload);
        body.nodes++;
        if (OWN.contains(operator.domain) == false) {
            Operator kept = kept(operator);
            body.calls.merge(kept, 1, Integer::sum);
            if (firstNode.containsKey(kept) == false) {
                firstNode.put(kept, keep(node));
            }
        } else if (operator.domain.equals(MICROSOFT) && (REACHING_OUT.contains(name) || name.startsWith(DISTRIBUTED))) {
            throw new BundleException(
                where + ": got operator [" + operator + "] in node [" + node + "], expected no operator that reaches outside the graph"
            );
        }
    }

    /** @throws BundleException if the function is there already, or would hide an operator of the runtime */
    void defined(String domain, String name, String overload, Body body) {
        Operator operator = operator(domain, name, overload);
        if (OWN.contains(operator.domain)) {
            throw new BundleException(
                where + ": got a function [" + name + "] in the runtime's own domain [" + shown(operator.domain) + "], expected functions in domains of their own"
            );
        }
        if (functions.size() == MAX_FUNCTIONS) {
            throw new BundleException(where + ": got more than " + MAX_FUNCTIONS + " functions, expected no more");
        }
        if (functions.put(kept(operator), body) != null) {
            throw new BundleException(where + ": got function [" + operator + "] twice, expected it once");
        }
    }

    /** Once everything is read: every operator has a home, and the whole of {@code main} is of a size that can be run. */
    void check(Body main) {
        firstNode.forEach((operator, node) -> {
            if (functions.containsKey(operator) == false) {
                throw new BundleException(
                    where + ": got operator [" + operator + "] in node [" + node + "], expected one of the domains ai.onnx, ai.onnx.ml and "
                        + MICROSOFT + ", or one that the model itself defines"
                );
            }
        });
        functions.forEach((operator, body) -> copy(body, operator, new ArrayDeque<>()));
        copy(main, null, new ArrayDeque<>());
    }

    private void copy(Body body, Operator self, Deque<Operator> callers) {
        if (body.copiedNodes >= 0) {
            return;
        }
        if (self != null && callers.contains(self)) {
            throw new BundleException(where + ": got function [" + self + "] that calls itself, expected none that does");
        }
        if (callers.size() > MAX_CALL_DEPTH) {
            throw tooDeep();
        }
        callers.push(self == null ? MAIN : self);
        long nodes = body.nodes;
        for (Map.Entry<Operator, Integer> call : body.calls.entrySet()) {
            Body called = functions.get(call.getKey());
            copy(called, call.getKey(), callers);
            body.height = Math.max(body.height, called.height + 1);
            nodes += call.getValue() * called.copiedNodes; // an int times what is at most MAX_NODES
            if (nodes > MAX_NODES) {
                break;
            }
        }
        callers.pop();
        if (nodes > MAX_NODES) {
            throw new BundleException(where + ": got more than " + MAX_NODES + " nodes with functions copied to where they are called, expected no more");
        }
        if (body.height > MAX_CALL_DEPTH) {
            throw tooDeep();
        }
        body.copiedNodes = nodes;
    }

    private BundleException tooDeep() {
        return new BundleException(where + ": got functions that call each other deeper than " + MAX_CALL_DEPTH + ", expected no deeper");
    }

    private static Operator operator(String domain, String name, String overload) {
        return new Operator(domain.equals("ai.onnx") ? "" : domain, name, overload);
    }

    private static String shown(String domain) {
        return domain.isEmpty() ? "ai.onnx" : domain;
    }

    private Operator kept(Operator operator) {
        Operator known = operators.putIfAbsent(operator, operator);
        if (known == null) {
            keep(operator.toString());
            return operator;
        }
        return known;
    }

    private String keep(String name) {
        keptChars += name.length();
        if (keptChars > MAX_NAME_CHARS) {
            throw new BundleException(where + ": got functions with names of more than " + MAX_NAME_CHARS + " chars together, expected no more");
        }
        return name;
    }
}
