/*
 * slack_errors.c - every documented refusal of Slack: what it means here and what a person can do.
 *
 * Slack answers HTTP 200 with {"ok":false,"error":"word"}. The words are those of the method pages
 * that this client uses (docs.slack.dev/reference/methods, 2026). A word ending in * is a prefix.
 * A word that is not here is kept as it is and not retried.
 */
#include <stdio.h>
#include <string.h>

#include "clients/slack_private.h"
#include "str.h"

/* What a row says beside the code. */
enum {
	RETRY = 1,     /* trying again later may work */
	AMBIGUOUS = 2, /* it may have happened all the same */
	BLOCKS = 4,    /* the blocks are at fault, not the text */
	ROOT = 8,      /* the thread's root is gone */
};

struct row {
	const char *word;
	enum err_code code;
	unsigned flags;
	uint32_t retry_s;
	const char *means; /* the sentence, with the remedy */
};

#define TOKEN_DEAD "replace SLACK_BOT_TOKEN by the token of OAuth & Permissions and restart"
#define OWN_BUG    "this is a bug of Heal; please report it with the log"

static const struct row rows[] = {
        /* waiting helps */
        {"ratelimited", ERR_LIMITED, RETRY, 30, "Slack asks to slow down"},
        {"rate_limited", ERR_LIMITED, RETRY, 30, "Slack asks to slow down"},
        {"message_limit_exceeded", ERR_LIMITED, RETRY, 300,
                "the workspace's limit of messages is reached; Slack lifts it by itself"},
        {"internal_error", ERR_STATUS, RETRY | AMBIGUOUS, 0, "Slack has an internal error"},
        {"fatal_error", ERR_STATUS, RETRY | AMBIGUOUS, 0, "Slack has a fatal error"},
        {"service_unavailable", ERR_STATUS, RETRY | AMBIGUOUS, 0, "Slack is unavailable"},
        {"request_timeout", ERR_TIMEOUT, RETRY | AMBIGUOUS, 0,
                "Slack did not get the whole request in time"},
        {"team_added_to_org", ERR_STATUS, RETRY, 180,
                "the workspace is being moved into an organization; Slack ends this by itself"},
        {"org_login_required", ERR_STATUS, RETRY, 180,
                "the workspace is being moved into an organization; Slack ends this by itself"},
        {"external_channel_migrating", ERR_STATUS, RETRY, 180,
                "the shared channel is being moved; Slack ends this by itself"},

        /* the token */
        {"invalid_auth", ERR_AUTH, 0, 0,
                "the token is not valid, or this address is not on the workspace's allow list; " TOKEN_DEAD},
        {"not_authed", ERR_AUTH, 0, 0, "no token arrived; set SLACK_BOT_TOKEN"},
        {"token_revoked", ERR_AUTH, 0, 0,
                "the token was revoked or the app was uninstalled; " TOKEN_DEAD},
        {"token_expired", ERR_AUTH, 0, 0,
                "the token has expired; switch token rotation off in the app's settings, then " TOKEN_DEAD},
        {"account_inactive", ERR_AUTH, 0, 0,
                "the bot's account was switched off; reinstall the app, then " TOKEN_DEAD},
        {"not_allowed_token_type", ERR_AUTH, 0, 0,
                "this kind of token is not allowed here; SLACK_BOT_TOKEN must begin with xoxb-, "
                "SLACK_APP_TOKEN with xapp-"},
        {"app_access_restricted", ERR_AUTH, 0, 0,
                "the workspace restricts this app; ask its admins to approve it"},
        {"two_factor_setup_required", ERR_AUTH, 0, 0,
                "the workspace demands two-factor sign-in; ask its admins"},
        {"accesslimited", ERR_AUTH, 0, 0,
                "access to the workspace is limited for now; ask its admins"},
        {"access_denied", ERR_AUTH, 0, 0,
                "access is denied; ask the workspace's admins to approve the app"},
        {"forbidden_team", ERR_AUTH, 0, 0,
                "the app may not connect to this workspace; ask its admins to approve it"},
        {"insecure_request", ERR_CONFIG, 0, 0, "use an https address in [slack] api_url"},

        /* rights */
        {"missing_scope", ERR_FORBIDDEN, 0, 0, NULL}, /* names the scope, see missing_scope() */
        {"no_permission", ERR_FORBIDDEN, 0, 0,
                "the bot may not do this in the channel; invite it with /invite"},
        {"restricted_action_thread_locked", ERR_CONFLICT, ROOT, 0,
                "the thread is locked; the next message starts a new one"},
        {"restricted_action_non_threadable_channel", ERR_CONFIG, 0, 0,
                "the channel allows no threads; set [slack] channel to another one"},
        {"restricted_action_thread_only_channel", ERR_CONFIG, 0, 0,
                "the channel allows only replies; set [slack] channel to another one"},
        {"restricted_action_read_only_channel", ERR_CONFIG, 0, 0,
                "the channel is read-only for the bot; let it post there or set another [slack] channel"},
        {"restricted_action*", ERR_FORBIDDEN, 0, 0,
                "a setting of the workspace forbids it; ask its admins"},
        {"ekm_access_denied", ERR_FORBIDDEN, 0, 0,
                "the workspace's key management forbids it; ask its admins"},
        {"posting_to_channel_denied", ERR_FORBIDDEN, 0, 0,
                "the bot may not post in the channel; ask the workspace's admins"},
        {"messages_tab_disabled", ERR_CONFIG, 0, 0,
                "direct messages to the app are switched off; enable the Messages tab under App Home"},
        {"not_enabled", ERR_CONFIG, 0, 0,
                "the Home tab is switched off; enable it under App Home in the app's settings"},
        {"plan_upgrade_required", ERR_CONFIG, 0, 0,
                "user groups need a paid plan of Slack; list people by their ids in [who] instead"},
        {"file_uploads_disabled", ERR_FORBIDDEN, 0, 0,
                "the workspace has switched file uploads off; the charts stay out"},
        {"file_type_not_allowed", ERR_FORBIDDEN, 0, 0,
                "the workspace does not allow this type of file; the charts stay out"},
        {"storage_limit_reached", ERR_QUOTA, 0, 0,
                "the workspace's storage is full; delete files or upgrade the plan"},
        {"file_upload_size_restricted", ERR_INPUT, 0, 0, "the file is too large for the workspace"},

        /* the channel */
        {"channel_not_found", ERR_CONFIG, 0, 0,
                "the channel does not exist, or it is private and the bot is not in it; check [slack] "
                "channel and /invite the bot"},
        {"not_in_channel", ERR_CONFIG, 0, 0, "the bot is not in the channel; /invite it there"},
        {"user_not_in_channel", ERR_NOT_FOUND, 0, 0, "the person is not in the channel"},
        {"is_archived", ERR_CONFIG, 0, 0,
                "the channel is archived; unarchive it or set another [slack] channel"},
        {"is_inactive", ERR_CONFIG, 0, 0, "the channel is frozen; set another [slack] channel"},
        {"method_not_supported_for_channel_type", ERR_CONFIG, 0, 0,
                "this is not possible in a channel of this type; set another [slack] channel"},
        {"cannot_join_channel", ERR_CONFIG, 0, 0,
                "the bot cannot join the channel by itself; /invite it"},

        /* the message */
        {"cannot_reply_to_message", ERR_CONFLICT, ROOT, 0, "the thread's first message is gone"},
        {"thread_not_found", ERR_CONFLICT, ROOT, 0, "the thread's first message is gone"},
        {"invalid_thread_ts", ERR_CONFLICT, ROOT, 0, "the thread's first message is gone"},
        {"message_not_found", ERR_NOT_FOUND, 0, 0, "the message is gone"},
        {"cant_update_message", ERR_NOT_FOUND, 0, 0, "the message is not the bot's own"},
        {"cant_delete_message", ERR_NOT_FOUND, 0, 0, "the message is not the bot's own"},
        {"edit_window_closed", ERR_NOT_FOUND, 0, 0,
                "the message is too old to be edited in this workspace"},
        {"block_mismatch", ERR_NOT_FOUND, 0, 0,
                "a message with rich text cannot be edited into one without"},
        {"msg_too_long", ERR_INPUT, BLOCKS, 0, "the message is too long; " OWN_BUG},
        {"msg_blocks_too_long", ERR_INPUT, BLOCKS, 0, "the message is too long; " OWN_BUG},
        {"attachment_payload_limit_exceeded", ERR_INPUT, BLOCKS, 0,
                "the message is too long; " OWN_BUG},
        {"invalid_blocks", ERR_INPUT, BLOCKS, 0, "Slack refuses the blocks; " OWN_BUG},
        {"invalid_blocks_format", ERR_INPUT, BLOCKS, 0, "Slack refuses the blocks; " OWN_BUG},
        {"invalid_attachments", ERR_INPUT, BLOCKS, 0, "Slack refuses the blocks; " OWN_BUG},
        {"slack_file_not_found", ERR_INPUT, BLOCKS, 0,
                "Slack has not finished with the picture yet"},
        {"metadata_too_large", ERR_INPUT, 0, 0, "the message's key is too long; " OWN_BUG},
        {"invalid_metadata_*", ERR_INPUT, 0, 0, "Slack refuses the message's key; " OWN_BUG},
        {"metadata_must_be_sent_from_app", ERR_CONFIG, 0, 0,
                "the token does not belong to an app; use the xoxb- token of the Heal app"},
        {"no_text", ERR_INPUT, 0, 0, "the message is empty; " OWN_BUG},
        {"markdown_text_conflict", ERR_INPUT, 0, 0, OWN_BUG},

        /* reactions */
        {"too_many_emoji", ERR_LIMITED, 0, 0, "the message has all the reactions it can have"},
        {"too_many_reactions", ERR_LIMITED, 0, 0, "the message has all the reactions it can have"},
        {"thread_locked", ERR_FORBIDDEN, 0, 0, "the thread is locked"},
        {"invalid_name", ERR_INPUT, 0, 0, "the workspace does not know this emoji"},
        {"bad_timestamp", ERR_NOT_FOUND, 0, 0, "there is no such message"},
        {"no_item_specified", ERR_INPUT, 0, 0, OWN_BUG},
        {"already_reacted", ERR_CONFLICT, 0, 0, "the reaction is there already"},
        {"no_reaction", ERR_NOT_FOUND, 0, 0, "the reaction is not there"},

        /* views */
        {"expired_trigger_id", ERR_INPUT, 0, 0,
                "the dialog could not be opened in time; please press again"},
        {"exchanged_trigger_id", ERR_INPUT, 0, 0, "the dialog was opened already"},
        {"invalid_trigger_id", ERR_INPUT, 0, 0,
                "the dialog could not be opened; please press again"},
        {"trigger_expired", ERR_INPUT, 0, 0,
                "the dialog could not be opened in time; please press again"},
        {"hash_conflict", ERR_CONFLICT, 0, 0, "the view has changed meanwhile"},
        {"view_too_large", ERR_INPUT, 0, 0, "the view is too large; " OWN_BUG},
        {"duplicate_external_id", ERR_INPUT, 0, 0, OWN_BUG},
        {"push_limit_reached", ERR_INPUT, 0, 0, "three dialogs are open already; close one"},
        {"view_not_found", ERR_NOT_FOUND, 0, 0, "the dialog was closed"},
        {"not_found", ERR_NOT_FOUND, 0, 0, "it is gone"},

        /* people and files */
        {"user_not_found", ERR_NOT_FOUND, 0, 0, "there is no such person in the workspace"},
        {"users_not_found", ERR_NOT_FOUND, 0, 0, "there is no such person in the workspace"},
        {"user_not_visible", ERR_NOT_FOUND, 0, 0, "the bot cannot see this person"},
        {"user_disabled", ERR_NOT_FOUND, 0, 0, "the person's account was switched off"},
        {"cannot_dm_bot", ERR_INPUT, 0, 0, "bots cannot be written to"},
        {"no_such_subteam", ERR_NOT_FOUND, 0, 0,
                "there is no such user group; check the S… ids in [who]"},
        {"subteam_not_found", ERR_NOT_FOUND, 0, 0,
                "there is no such user group; check the S… ids in [who]"},
        {"file_not_found", ERR_NOT_FOUND, 0, 0, "the file is not there"},
        {"posting_to_general_channel_denied", ERR_FORBIDDEN, 0, 0,
                "the bot may not post in the workspace's general channel; set another [slack] channel"},

        /* what we sent */
        {"no_user", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_arguments", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_arg_name", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_array_arg", ERR_INPUT, 0, 0, OWN_BUG},
        {"missing_args", ERR_INPUT, 0, 0, OWN_BUG},
        {"missing_argument", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_json", ERR_INPUT, 0, 0, OWN_BUG},
        {"json_not_object", ERR_INPUT, 0, 0, OWN_BUG},
        {"missing_post_type", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_post_type", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_form_data", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_charset", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_cursor", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_limit", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_ts_oldest", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_ts_latest", ERR_INPUT, 0, 0, OWN_BUG},
        {"invalid_channel_id", ERR_CONFIG, 0, 0,
                "that is not a channel id; set [slack] channel to the C… id under the channel's details"},
        {"unknown_method", ERR_CONFIG, 0, 0,
                "the server does not know the method; check [slack] api_url"},
        {"deprecated_endpoint", ERR_PROTO, 0, 0, "Slack has removed the method; update Heal"},
        {"method_deprecated", ERR_PROTO, 0, 0, "Slack has removed the method; update Heal"},
};

static const struct row *find(const char *word)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = strlen(rows[i].word);
		bool prefix = rows[i].word[n - 1] == '*';
		if (prefix ? strncmp(word, rows[i].word, n - 1) == 0 : str_eq(word, rows[i].word))
			return &rows[i];
	}
	return NULL;
}

bool slack_blames_blocks(const char *word)
{
	const struct row *r = find(word);
	return r && (r->flags & BLOCKS);
}

bool slack_root_gone(const char *word)
{
	const struct row *r = find(word);
	return r && (r->flags & ROOT);
}

static bool missing_scope(const char *method, const json *answer, struct err *e)
{
	char needed[96], given[160];
	struct arena *a = arena_new(0);
	const char *n = json_str(answer, ".needed", ""), *p = json_str(answer, ".provided", "");
	snprintf(needed, sizeof needed, "%s", str_clean(a, n, strlen(n), sizeof needed - 4));
	snprintf(given, sizeof given, "%s", str_clean(a, p, strlen(p), sizeof given - 4));
	arena_free(a);
	return err_set(e, ERR_FORBIDDEN, false,
	        "Slack %s needs the scope %s: add it under OAuth & Permissions and reinstall the app "
	        "(deploy/slack-manifest.yaml has all); granted are: %s",
	        method, str_or(needed, "(not named)"), str_or(given, "(not named)"));
}

static bool unknown(const char *method, const char *word, struct err *e)
{
	struct arena *a = arena_new(0);
	const char *clean = str_clean(a, word, strlen(word), 80);
	err_set(e, ERR_STATUS, false, "Slack %s refuses with \"%s\", which Heal does not know",
	        method, str_or(clean, "(nothing)"));
	arena_free(a);
	return false;
}

bool slack_refused(const char *method, const json *answer, struct err *e)
{
	const char *word = json_str(answer, ".error", "");
	const struct row *r = find(word);
	if (!r)
		return unknown(method, word, e);
	if (!r->means)
		return missing_scope(method, answer, e);
	err_set(e, r->code, r->flags & RETRY, "Slack %s: %s (%s)", method, r->means, word);
	if (e) {
		e->ambiguous = r->flags & AMBIGUOUS;
		e->retry_ms = r->retry_s * 1000;
	}
	return false;
}
