#include "db/postgres/connection.h"

#include "db/naming.h"
#include "db/postgres/values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace koppla::db::postgres {

namespace {

constexpr int oldest_version = 130000;
/// How long a server may take to answer that it has cancelled a statement.
constexpr std::chrono::seconds cancel_wait_max{10};

// A statement of the merge sorts and joins all rows of an import; a plan made by a compiler never pays here.
constexpr std::string_view settings =
    "set timezone to 'UTC'; set datestyle to 'ISO'; set standard_conforming_strings to on; set jit to off;"
    " set work_mem to '64MB'; set maintenance_work_mem to '128MB'; set lock_timeout to '60s'";

using Clock = std::chrono::steady_clock;

/// How poll takes it: -1 is for ever.
int milliseconds_until(Clock::time_point deadline) {
    if (deadline == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

std::string field(const PGresult* answer, int code) {
    const char* const text = answer == nullptr ? nullptr : PQresultErrorField(answer, code);
    return text == nullptr ? "" : text;
}

std::int64_t changed_by(const PGresult* answer) {
    const std::string_view command = PQcmdStatus(const_cast<PGresult*>(answer));
    if (command.starts_with("SELECT") || command.starts_with("FETCH")) return 0;
    const std::string_view count = PQcmdTuples(const_cast<PGresult*>(answer));
    std::int64_t changed = 0;
    std::from_chars(count.data(), count.data() + count.size(), changed);
    return changed;
}

}  // namespace

void ClearAnswer::operator()(pg_result* result) const {
    PQclear(result);
}

Connection::Connection(pg_conn* handle, std::string place)
    : handle_{handle}, place_{std::move(place)}, wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

Connection::~Connection() {
    on_stop_.reset();
    PQfinish(handle_);
    if (wake_ >= 0) ::close(wake_);
}

Result<std::unique_ptr<Connection>> Connection::open(const Server& server, const Call& call) {
    std::unique_ptr<Connection> connection{new Connection{start(server), server.address.text()}};
    connection->serve(call.within(server.open_wait));
    TRY(connection->connect(connection->call_));
    TRY(connection->set_up(server));
    connection->serve({});
    return connection;
}

Result<void> Connection::connect(const Call& call) {
    attempted_ = "connecting to the store";
    if (handle_ == nullptr || PQstatus(handle_) == CONNECTION_BAD) return lost();
    PQsetErrorVerbosity(handle_, PQERRORS_VERBOSE);  // names the SQLSTATE, which is told nowhere else yet
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
    auto state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED)
            return server_error(refusal_in(PQerrorMessage(handle_)), attempted_, place_);
        std::array<pollfd, 2> waited = {
            {{.fd = PQsocket(handle_),
              .events = static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT),
              .revents = 0},
             {.fd = wake_, .events = POLLIN, .revents = 0}}};
        ::poll(waited.data(), waited.size(), milliseconds_until(call.deadline));
        if (call.stop.stop_requested()) return call.cancelled(attempted_);
        if (call.is_over()) {
            return error(ErrorKind::unavailable,
                         fmt::format("{}: {} doesn't answer; see whether the server runs and can be reached",
                                     attempted_, place_),
                         "connection_failure");
        }
        state = PQconnectPoll(handle_);
    }
    PQsetErrorVerbosity(handle_, PQERRORS_DEFAULT);
    if (PQsetnonblocking(handle_, 1) != 0) return lost();
    return {};
}

Result<void> Connection::set_up(const Server& server) {
    const int version = PQserverVersion(handle_);
    if (version < oldest_version) {
        return error(ErrorKind::unsupported,
                     fmt::format("{} runs PostgreSQL {}; a store needs version 13 or later", place_,
                                 PQparameterStatus(handle_, "server_version")));
    }
    const char* const encoding = PQparameterStatus(handle_, "server_encoding");
    if (encoding == nullptr || std::string_view{encoding} != "UTF8") {
        return error(ErrorKind::unsupported,
                     fmt::format("the database of {} is encoded in {}; a store needs one in UTF8: createdb "
                                 "--encoding=UTF8 --template=template0",
                                 place_, encoding == nullptr ? "something unknown" : encoding));
    }
    std::string schema = "\"";
    for (const char c : server.address.schema) schema += c == '"' ? "\"\"" : std::string(1, c);
    TRY(run(fmt::format("set search_path to {}\", pg_temp; {}", schema, settings)));
    return {};
}

void Connection::serve(const Call& call) {
    on_stop_.reset();
    std::uint64_t ignored = 0;
    while (::read(wake_, &ignored, sizeof ignored) > 0) {
    }
    is_cancelled_ = false;
    call_ = call;
    if (!call_.stop.stop_possible()) return;
    on_stop_.emplace(call_.stop, std::function<void()>{[wake = wake_] {
                         const std::uint64_t one = 1;
                         [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
                     }});
}

bool Connection::is_alive() const {
    if (is_broken_ || PQstatus(handle_) != CONNECTION_OK) return false;
    if (occupant_ != nullptr || PQtransactionStatus(handle_) == PQTRANS_ACTIVE) return true;
    pollfd waited = {.fd = PQsocket(handle_), .events = POLLIN, .revents = 0};
    if (::poll(&waited, 1, 0) > 0 && PQconsumeInput(handle_) == 0) return false;
    return PQstatus(handle_) == CONNECTION_OK;
}

bool Connection::is_in_transaction() const {
    return PQtransactionStatus(handle_) != PQTRANS_IDLE;
}

bool Connection::has_failed() const {
    return PQtransactionStatus(handle_) == PQTRANS_INERROR;
}

Error Connection::lost() const {
    return server_error({.state = {},
                         .text = handle_ == nullptr ? "out of memory" : one_line(PQerrorMessage(handle_)),
                         .detail = {},
                         .hint = {}},
                        attempted_, place_);
}

Error Connection::failure(const PGresult* answer, std::string_view attempted) const {
    const ServerMessage message{.state = field(answer, PG_DIAG_SQLSTATE),
                                .text = field(answer, PG_DIAG_MESSAGE_PRIMARY),
                                .detail = field(answer, PG_DIAG_MESSAGE_DETAIL),
                                .hint = field(answer, PG_DIAG_MESSAGE_HINT)};
    if (message.state == "57014" && call_.stop.stop_requested()) return call_.cancelled(attempted);
    if (message.state.empty()) return lost();
    return server_error(message, attempted, place_);
}

Result<void> Connection::begin(std::string_view sql) {
    if (occupant_ != nullptr) occupant_->make_way();
    attempted_ = shortened(sql);
    if (is_broken_ || PQstatus(handle_) != CONNECTION_OK) return lost();
    if (call_.stop.stop_requested()) return call_.cancelled(attempted_);
    if (sql.find('\0') == std::string_view::npos) return {};
    return error(ErrorKind::invalid, fmt::format("the statement has a NUL in it: {}", attempted_));
}

Result<void> Connection::send(std::string_view sql, std::span<const Parameter> parameters) {
    TRY(begin(sql));
    const Values values{parameters};
    if (values.has_nul()) {
        return error(
            ErrorKind::invalid,
            fmt::format("{}: a value has a NUL in it, which PostgreSQL's text can't hold", attempted_),
            "character_not_in_repertoire");
    }
    if (PQsendQueryParams(handle_, std::string{sql}.c_str(), values.count(), values.types(), values.data(),
                          values.sizes(), values.formats(), 0) == 0) {
        return lost();
    }
    return {};
}

Result<void> Connection::flush() {
    while (true) {
        const int left = PQflush(handle_);
        if (left == 0) return {};
        if (left < 0) return lost();
        TRY(await(POLLIN | POLLOUT));
        // A server that has something to say may not read on before it is heard.
        if (PQconsumeInput(handle_) == 0) return lost();
    }
}

/// Waits for the server; when the call is stopped, asks it to cancel and gives it a while to answer.
Result<void> Connection::await(short events) {
    auto until = Clock::time_point::max();
    if (is_cancelled_) until = Clock::now() + cancel_wait_max;
    while (true) {
        std::array<pollfd, 2> waited = {{{.fd = PQsocket(handle_), .events = events, .revents = 0},
                                         {.fd = is_cancelled_ ? -1 : wake_, .events = POLLIN, .revents = 0}}};
        const int ready = ::poll(waited.data(), waited.size(), milliseconds_until(until));
        if (waited[0].revents != 0) return {};
        if (!is_cancelled_ && waited[1].revents != 0) {
            cancel();
            until = Clock::now() + cancel_wait_max;
        } else if (ready == 0 && Clock::now() >= until) {
            is_broken_ = true;
            return call_.cancelled(attempted_);
        }
    }
}

void Connection::cancel() {
    is_cancelled_ = true;
    PGcancel* const request = PQgetCancel(handle_);
    if (request == nullptr) return;
    std::array<char, 256> why{};
    PQcancel(request, why.data(), static_cast<int>(why.size()));
    PQfreeCancel(request);
}

Result<Answer> Connection::receive() {
    TRY(flush());
    while (PQisBusy(handle_) != 0) {
        TRY(await(POLLIN));
        if (PQconsumeInput(handle_) == 0) return lost();
    }
    return Answer{PQgetResult(handle_)};
}

/// Receives what is left of the statements under way.
Result<std::int64_t> Connection::collect() {
    std::optional<Error> failed;
    std::int64_t changed = 0;
    while (true) {
        const Answer answer = TRY(receive());
        if (!answer) break;
        switch (PQresultStatus(answer.get())) {
            case PGRES_COMMAND_OK:
            case PGRES_TUPLES_OK:
                changed = changed_by(answer.get());
                break;
            case PGRES_SINGLE_TUPLE:
            case PGRES_EMPTY_QUERY:
                break;
            case PGRES_COPY_IN:
            case PGRES_COPY_OUT:
            case PGRES_COPY_BOTH:
                is_broken_ = true;
                return error(ErrorKind::invalid,
                             fmt::format("rows can't be copied by a statement here: {}", attempted_));
            default:
                if (!failed) failed = failure(answer.get(), attempted_);
        }
    }
    if (failed) return std::move(*failed);
    return changed;
}

Result<std::int64_t> Connection::run(std::string_view sql) {
    TRY(begin(sql));
    if (PQsendQuery(handle_, std::string{sql}.c_str()) == 0) return lost();
    return collect();
}

Result<std::int64_t> Connection::run(std::string_view sql, std::span<const Parameter> parameters) {
    TRY(send(sql, parameters));
    return collect();
}

Result<std::optional<std::string>> Connection::value(std::string_view sql,
                                                     std::span<const Parameter> parameters) {
    TRY(send(sql, parameters));
    std::optional<std::string> first;
    std::optional<Error> failed;
    while (true) {
        const Answer answer = TRY(receive());
        if (!answer) break;
        const bool is_row = PQresultStatus(answer.get()) == PGRES_TUPLES_OK;
        if (!is_row && PQresultStatus(answer.get()) != PGRES_COMMAND_OK && !failed)
            failed = failure(answer.get(), attempted_);
        if (is_row && PQntuples(answer.get()) > 0 && PQgetisnull(answer.get(), 0, 0) == 0)
            first = std::string{PQgetvalue(answer.get(), 0, 0)};
    }
    if (failed) return std::move(*failed);
    return first;
}

Result<void> Connection::begin_rows(std::string_view sql, std::span<const Parameter> parameters) {
    TRY(send(sql, parameters));
    PQsetSingleRowMode(handle_);
    return {};
}

Result<void> Connection::begin_copy(std::string_view sql) {
    TRY(begin(sql));
    if (PQsendQuery(handle_, std::string{sql}.c_str()) == 0) return lost();
    const Answer answer = TRY(receive());
    if (answer && PQresultStatus(answer.get()) == PGRES_COPY_IN) return {};
    Error why = failure(answer.get(), attempted_);
    (void)collect();
    return why;
}

Result<void> Connection::send_copy(std::string_view bytes) {
    if (call_.stop.stop_requested()) return call_.cancelled(attempted_);
    if (PQputCopyData(handle_, bytes.data(), static_cast<int>(bytes.size())) != 1) return lost();
    return flush();
}

Result<std::int64_t> Connection::end_copy() {
    if (PQputCopyEnd(handle_, nullptr) != 1) return lost();
    return collect();
}

}  // namespace koppla::db::postgres
