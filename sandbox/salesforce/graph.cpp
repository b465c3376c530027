#include "sandbox/org/writer.h"
#include "sandbox/salesforce/composite_parts.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/salesforce/saving.h"
#include "sandbox/services.h"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// [Salesforce: Composite Graph Limits]
constexpr std::size_t graphs_max = 75;
constexpr std::size_t nodes_max = 500;
constexpr std::size_t failed_max = 14;

Error refused(const char* code, std::string message) {
    return error(ErrorKind::invalid, std::move(message), code);
}

/// The name in a text that is nothing but "@{name.id}".
std::optional<std::string_view> reference_in(std::string_view text) {
    if (!text.starts_with("@{") || !text.ends_with(".id}")) return std::nullopt;
    return text.substr(2, text.size() - 6);
}

/// All nodes of one graph as changes that are saved together.
class Plan {
  public:
    explicit Plan(const Services& services) : services_{services} {}

    /// An error names what this sandbox or the org can't do; it is the node's.
    Result<void> add(CompositePart& part) {
        const auto path = split_target(part.url);
        const auto& segments = path.segments;
        if (segments.size() < 5 || segments.size() > 7 || !equal_words(segments[3], "sobjects"))
            return refused("INVALID_INPUT", "A node of a graph has to write a row of sobjects here");
        const auto* object = services_.org.find(http::percent_decode(segments[4]));
        if (object == nullptr) return refused("NOT_FOUND", "The requested resource does not exist");
        Change change{.object = object};
        if (part.method == "POST" && segments.size() == 5)
            change.kind = Change::Kind::create;
        else if (part.method == "PATCH" && segments.size() > 5)
            change.kind = segments.size() == 6 ? Change::Kind::update : Change::Kind::upsert;
        else if (part.method == "DELETE" && segments.size() == 6)
            change.kind = Change::Kind::remove;
        else
            return refused("METHOD_NOT_ALLOWED", part.method + " can't be a node of a graph here");
        TRY(point_to_row(change, segments));
        if (change.kind != Change::Kind::remove) TRY(take_fields(change, *part.body));
        places_.emplace(part.reference, changes_.size());
        changes_.push_back(std::move(change));
        return {};
    }

    [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }

  private:
    Result<std::size_t> place_of(std::string_view reference) const {
        const auto place = places_.find(reference);
        if (place == places_.end())
            return refused("PROCESSING_HALTED", "Invalid reference specified. No value for " +
                                                    std::string{reference} + ".id found");
        return place->second;
    }

    Result<void> point_to_row(Change& change, const std::vector<std::string_view>& segments) const {
        if (segments.size() == 7) {
            change.key_field = http::percent_decode(segments[5]);
            change.key_value = http::percent_decode(segments[6]);
        } else if (segments.size() == 6) {
            change.id = http::percent_decode(segments[5]);
            if (const auto reference = reference_in(change.id))
                change.links.push_back({.earlier = TRY(place_of(*reference))});
        }
        return {};
    }

    Result<void> take_fields(Change& change, nlohmann::json& body) const {
        if (!body.is_object()) return refused("JSON_PARSER_ERROR", "The body of a node has to be an object");
        std::vector<std::string> linked;
        for (const auto& [name, value] : body.items()) {
            const auto reference = value.is_string() ? reference_in(value.get_ref<const std::string&>())
                                                     : std::optional<std::string_view>{};
            if (!reference) continue;
            const auto earlier = TRY(place_of(*reference));
            change.links.push_back({.earlier = earlier, .field = name});
            linked.push_back(name);
        }
        for (const auto& name : linked) body.erase(name);
        change.fields = &body;
        return {};
    }

    const Services& services_;
    std::map<std::string, std::size_t, std::less<>> places_;
    std::vector<Change> changes_;
};

http::Response halted() {
    return api_error(
               400, "PROCESSING_HALTED",
               "The transaction was rolled back since another operation in the same transaction failed.")
        .response;
}

http::Response saved_answer(const Ask& ask, const Change& change, const SaveResult& saved) {
    if (change.kind == Change::Kind::update || change.kind == Change::Kind::remove)
        return empty_answer(204).response;
    const auto mention = change.kind == Change::Kind::upsert ? Mention::created : Mention::nothing;
    auto response = json_answer(saved.created ? 201 : 200, save_json(saved, mention)).response;
    if (saved.created)
        response.headers.add("Location", ask.base() + "/sobjects/" + change.object->name() + "/" + saved.id);
    return response;
}

bool is_culprit(const SaveResult& saved) {
    return !saved.success() && saved.errors.front().status_code != "ALL_OR_NONE_OPERATION_ROLLED_BACK";
}

/// One answer for each node: all of them were saved, or none.
struct Outcome {
    std::vector<http::Response> responses{};
    bool is_successful = false;
};
Outcome run(Services& services, const Ask& ask, std::vector<CompositePart>& parts) {
    Outcome outcome{.responses = std::vector<http::Response>(parts.size(), halted())};
    Plan plan{services};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto added = plan.add(parts[i]);
        if (added) continue;
        outcome.responses[i] = org_error(added.error()).response;
        return outcome;
    }
    const auto saved =
        services.org.save(plan.changes(), saving_of(ask, Change::Kind::create, Atomicity::all_or_none));
    if (!saved) {
        outcome.responses.front() = org_error(saved.error()).response;
        return outcome;
    }
    outcome.is_successful = std::ranges::all_of(*saved, &SaveResult::success);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (outcome.is_successful)
            outcome.responses[i] = saved_answer(ask, plan.changes()[i], (*saved)[i]);
        else if (is_culprit((*saved)[i]))
            outcome.responses[i] = save_error((*saved)[i]).response;
    }
    return outcome;
}

struct Graph {
    std::string id;
    std::vector<CompositePart> parts;
};

Result<std::vector<Graph>> read_graphs(const nlohmann::json& body) {
    const auto list = body.find("graphs");
    if (list == body.end() || !list->is_array() || list->empty())
        return refused("INVALID_INPUT", "The property 'graphs' with an array is required");
    if (list->size() > graphs_max) return refused("INVALID_INPUT", "The limit of 75 graphs is exceeded");
    std::vector<Graph> graphs;
    std::set<std::string> ids;
    std::size_t nodes = 0;
    for (const auto& one : *list) {
        const auto id = one.is_object() ? one.value("graphId", nlohmann::json{}) : nlohmann::json{};
        if (!id.is_string()) return refused("INVALID_INPUT", "Each graph needs a 'graphId'");
        if (!ids.insert(id.get<std::string>()).second)
            return refused("INVALID_INPUT", "The graphId '" + id.get<std::string>() + "' is used twice");
        auto parts = TRY(read_parts(one, nodes_max));
        nodes += parts.size();
        graphs.push_back(Graph{.id = id.get<std::string>(), .parts = std::move(parts)});
    }
    if (nodes > nodes_max) return refused("INVALID_INPUT", "The limit of 500 nodes is exceeded");
    return graphs;
}

}  // namespace

Answer composite_graph(Services& services, const Ask& ask) {
    if (ask.version < 50) return not_found();
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    auto graphs = read_graphs(*body);
    if (!graphs) return body_error(graphs.error());
    Answer answer;
    std::string text = R"({"graphs":[)";
    std::size_t failed = 0;
    for (auto& graph : *graphs) {
        auto outcome = failed < failed_max
                           ? run(services, ask, graph.parts)
                           : Outcome{.responses = std::vector<http::Response>(graph.parts.size(), halted())};
        if (!outcome.is_successful) ++failed;
        if (text.back() == '}') text += ',';
        text += R"({"graphId":)" + dump(Json(graph.id)) + R"(,"graphResponse":{"compositeResponse":[)";
        for (std::size_t i = 0; i < graph.parts.size(); ++i) {
            if (i > 0) text += ',';
            text += print_part(graph.parts[i], outcome.responses[i]);
            answer.subrequests.push_back(graph.parts[i].method + " " + masked_target(graph.parts[i].url) +
                                         " " + std::to_string(outcome.responses[i].status));
        }
        text += std::string{"]},\"isSuccessful\":"} + (outcome.is_successful ? "true}" : "false}");
    }
    answer.response = text_answer(200, text + "]}").response;
    return answer;
}

}  // namespace koppla::sandbox
