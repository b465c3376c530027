#pragma once

#include "base/call.h"
#include "crm/connector.h"
#include "crm/session.h"
#include "http/client.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace koppla::test {

/// What a script answers: a whole response, or the error of a connection that broke.
struct Answer {
    int status = 200;
    std::string body{};
    http::Headers headers{};
    std::optional<Error> failure{};
};

/// A client whose answers are written by the test, request by request. Thread-safe.
class ScriptedClient final : public http::Client {
  public:
    using Script = std::function<Answer(const http::Request&)>;
    explicit ScriptedClient(Script script) : script_{std::move(script)} {}

    /// The script gets a body that is made while it is sent as a whole.
    Result<http::Response> send(const http::Request& sent, http::BodySink& sink, const Call& call) override {
        const http::Request request = TRY(http::with_whole_body(sent));
        {
            const std::scoped_lock lock{mutex_};
            requests_.push_back(request);
        }
        if (call.is_over()) return call.cancelled("sending");
        Answer answer = script_(request);
        if (answer.failure) return *answer.failure;
        http::Response response{.status = answer.status, .headers = answer.headers};
        if (answer.status < 200 || answer.status > 299) {
            response.body = answer.body;
            return response;
        }
        for (std::size_t at = 0; at < answer.body.size(); at += chunk_bytes) {
            TRY(sink.put(std::string_view{answer.body}.substr(at, chunk_bytes)));
        }
        return response;
    }

    void answer_with(Script script) { script_ = std::move(script); }

    std::size_t chunk_bytes = 1'000;

    [[nodiscard]] std::vector<http::Request> requests() {
        const std::scoped_lock lock{mutex_};
        return requests_;
    }
    /// How many requests had this in their method and address ("GET https://…").
    [[nodiscard]] int count(std::string_view part) {
        int found = 0;
        for (const http::Request& each : requests()) {
            if ((each.method + " " + each.target).find(part) != std::string::npos) ++found;
        }
        return found;
    }

  private:
    std::mutex mutex_;
    std::vector<http::Request> requests_;
    Script script_;
};

/// Keeps credentials in memory; `events` tells what was done with them, in order.
class MemoryTokens final : public TokenStore {
  public:
    Result<std::optional<Credentials>> current(const Call&) override {
        const std::scoped_lock lock{mutex_};
        return stored_;
    }
    Result<std::unique_ptr<Renewal>> begin_renewal(const Call&) override {
        return std::unique_ptr<Renewal>{std::make_unique<Right>(*this)};
    }
    void put(Credentials credentials) {
        const std::scoped_lock lock{mutex_};
        stored_ = std::move(credentials);
    }

    int writes = 0;
    bool is_in_doubt = false;
    std::vector<std::string> events;
    std::optional<Error> failure;

  private:
    class Right final : public Renewal {
      public:
        explicit Right(MemoryTokens& tokens) : tokens_{tokens}, sole_{tokens.renewing_} {
            const std::scoped_lock lock{tokens_.mutex_};
            stored_ = tokens_.stored_;
        }
        [[nodiscard]] const std::optional<Credentials>& stored() const override { return stored_; }
        [[nodiscard]] bool is_in_doubt() const override { return tokens_.is_in_doubt; }
        Result<void> begin_use() override { return note("begin", true); }
        Result<void> undo_use() override { return note("undo", false); }
        Result<void> store(const Credentials& fresh) override {
            const std::scoped_lock lock{tokens_.mutex_};
            ++tokens_.writes;
            if (tokens_.failure) return *tokens_.failure;
            tokens_.stored_ = fresh;
            tokens_.is_in_doubt = false;
            tokens_.events.push_back("store " + fresh.access_token.reveal());
            return {};
        }

      private:
        Result<void> note(const std::string& event, bool doubt) {
            tokens_.events.push_back(event);
            tokens_.is_in_doubt = doubt;
            return {};
        }
        MemoryTokens& tokens_;
        std::scoped_lock<std::mutex> sole_;
        std::optional<Credentials> stored_;
    };

    std::mutex mutex_;
    std::mutex renewing_;
    std::optional<Credentials> stored_;
};

/// Keeps what is read as text: absent cells as "~", null ones as "-".
class TextSink final : public BatchSink {
  public:
    model::Batch fresh() override { return {}; }
    Result<void> put(model::Batch batch, const Part& resume) override {
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            std::vector<std::string> cells;
            for (std::size_t column = 0; column < batch.column_count(); ++column) {
                const model::Cell& cell = batch.cell(column, row);
                cells.push_back(cell.is_text()                             ? std::string{cell.text()}
                                : cell.state == model::Cell::State::absent ? "~"
                                                                           : "-");
            }
            rows.push_back(std::move(cells));
        }
        resumes.push_back(resume);
        if (on_put) return on_put();
        return {};
    }
    void expect(std::int64_t count) override { expected = count; }
    void note(std::string_view text) override { notes.emplace_back(text); }

    std::vector<std::vector<std::string>> rows;
    std::vector<Part> resumes;
    std::vector<std::string> notes;
    std::optional<std::int64_t> expected;
    std::function<Result<void>()> on_put;
};

}  // namespace koppla::test
