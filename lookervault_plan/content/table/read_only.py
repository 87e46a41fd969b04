"""Keys of Looker's objects that are read-only, by kind: the API's description says so.

A key that is neither here nor in the row is a field that this version does not know.
"""

from collections.abc import Mapping


def _keys(names: str) -> frozenset[str]:
    return frozenset(names.split())


#: Kind -> top-level keys. Kinds without an entry are not looked at.
READ_ONLY: Mapping[str, frozenset[str]] = {
    "dashboard": _keys(
        """
        can content_favorite_id content_metadata_id created_at deleted_at deleter_id
        edit_uri favorite_count is_owner_disabled last_accessed_at last_updater_id
        last_updater_name last_viewed_at model readonly refresh_interval_to_i updated_at
        url usage_count user_name view_count
        """
    ),
    "look": _keys(
        """
        can content_favorite_id content_metadata_id created_at dashboards deleted_at
        deleter_id embed_url excel_file_url favorite_count google_spreadsheet_formula
        image_embed_url is_owner_disabled last_accessed_at last_updater_id
        last_viewed_at model public_slug public_url short_url updated_at url usage_count
        user_name view_count
        """
    ),
    "folder": _keys(
        """
        can child_count content_metadata_id created_at creator_id dashboards external_id
        is_embed is_embed_shared_root is_embed_users_root is_personal
        is_personal_descendant is_shared_root is_users_root looks
        """
    ),
    "dashboard_filter": _keys(
        """
        can dashboard_id field
        """
    ),
    "alert": _keys(
        """
        followable followed investigative_content_title owner_display_name
        """
    ),
    "dashboard_element": _keys(
        """
        alert_count body_text_as_html can edit_uri group_id images lookml_link_id
        note_text_as_html refresh_interval_to_i subtitle_text_as_html title_text_as_html
        """
    ),
    "dashboard_layout": _keys(
        """
        can dashboard_layout_components dashboard_title deleted
        """
    ),
    "dashboard_layout_component": _keys(
        """
        can element_title element_title_hidden vis_type
        """
    ),
    "query": _keys(
        """
        can expanded_share_url has_table_calculations share_url slug url
        """
    ),
    "merge_query": _keys(
        """
        can result_maker_id
        """
    ),
    "lookml_model": _keys(
        """
        can explores has_content label
        """
    ),
    "permission_set": _keys(
        """
        all_access built_in can url
        """
    ),
    "model_set": _keys(
        """
        all_access built_in can url
        """
    ),
    "user": _keys(
        """
        abilities allow_direct_roles allow_normal_group_membership
        allow_roles_from_normal_groups avatar_url avatar_url_without_sizing can
        credentials_api3 credentials_embed credentials_google credentials_ldap
        credentials_looker_openid credentials_oidc credentials_saml credentials_totp
        credentials_workforce display_name email embed_group_folder_id
        embed_group_space_id group_ids is_embed_user is_iam_admin is_service_account
        looker_versions personal_folder_id presumed_looker_employee role_ids
        roles_externally_managed service_account_name sessions url
        verified_looker_employee
        """
    ),
    "role": _keys(
        """
        can internal url users_url
        """
    ),
    "group": _keys(
        """
        can contains_current_user external_group_id externally_managed
        include_by_default parent_group_ids role_ids roles user_count
        """
    ),
    "board": _keys(
        """
        can content_metadata_id created_at primary_homepage updated_at
        """
    ),
    "board_section": _keys(
        """
        board_items can created_at updated_at visible_item_order
        """
    ),
    "board_item": _keys(
        """
        can content_created_by content_favorite_id content_metadata_id
        content_updated_at description favorite_count image_url location title url
        view_count
        """
    ),
    "scheduled_plan": _keys(
        """
        can content_title created_at last_run_at last_run_status next_run_at title
        updated_at user
        """
    ),
    "content_access": _keys(
        """
        agent_id can content_type dashboard_id folder_id homepage_id inheriting_id
        look_id name parent_id slug
        """
    ),
    "access_entry": _keys(
        """

        """
    ),
}

_CERTIFICATION = _keys("ui_status updated_at user_id user_name")

#: Kind -> path of an object, or of each object of a list, that is written key by key -> its keys
#: that are read-only, or that other fields say.
READ_ONLY_INSIDE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "dashboard": {"certification_metadata": _CERTIFICATION},
    "look": {"certification_metadata": _CERTIFICATION},
    "dashboard_element": {
        "certification_metadata": _CERTIFICATION,
        # what the tile's query says
        "result_maker": _keys("dynamic_fields id query query_id sorts total vis_config"),
    },
    "alert": {
        "applied_dashboard_filters[]": _keys("filter_description"),
        "destinations[]": _keys(""),
        "field": _keys(""),
        "field.filter[]": _keys(""),
    },
    "merge_query": {"source_queries[]": _keys("can id merge_query_id query")},
    "user": {
        "credentials_email": _keys(
            """
            account_setup_url account_setup_url_expired can created_at
            forced_password_reset_at_next_login is_disabled logged_in_at
            password_reset_url password_reset_url_expired type url user_id user_url
            """
        )
    },
    "scheduled_plan": {
        # secrets are named apart
        "scheduled_plan_destination[]": _keys(
            "id looker_recipient scheduled_plan_id secret_parameters"
        )
    },
}
