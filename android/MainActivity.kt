// The activity and the Kotlin side of app/src/platform/android.rs. Not run on a device.
//
// `dx` copies this one file into the project it generates, so everything is in it.
package dev.dioxus.main

import android.Manifest
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Notification
import android.content.ClipData
import android.content.ClipboardManager
import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.os.ParcelFileDescriptor
import android.provider.MediaStore
import android.provider.OpenableColumns
import android.view.WindowManager
import android.webkit.MimeTypeMap
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.lang.ref.WeakReference
import java.util.UUID
import java.util.concurrent.CompletableFuture

// What the files that wry generates beside this one take from the app.
typealias BuildConfig = app.parlor.BuildConfig

class MainActivity : WryActivity() {
    internal val files =
        registerForActivityResult(ActivityResultContracts.OpenMultipleDocuments()) { ParlorBridge.answer(it) }
    internal val photos =
        registerForActivityResult(ActivityResultContracts.PickMultipleVisualMedia()) { ParlorBridge.answer(it) }
    internal val camera =
        registerForActivityResult(ActivityResultContracts.TakePicture()) { ParlorBridge.taken(it) }

    override fun onCreate(savedInstanceState: Bundle?) {
        // Before the Rust side starts, which asks for what was given.
        ParlorBridge.begin(this)
        if (savedInstanceState == null) ParlorBridge.give(intent)
        super.onCreate(savedInstanceState)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        ParlorBridge.give(intent)
    }

    override fun onResume() {
        super.onResume()
        ParlorBridge.askForNotes(this)
    }
}

/** What the Rust side calls, from threads that may wait: one string in, one out, lists joined by NUL. */
object ParlorBridge {
    private const val BETWEEN = "\u0000"

    /** Files handed on at once: what fits the 1 MiB of a transaction between apps with room to spare. */
    private const val SHARED_MAX = 100

    /** Intents that nobody took yet; an older one gives way. */
    private const val GIVEN_MAX = 16

    /** Files taken from one intent. */
    private const val FILES_MAX = 1000

    /** Characters of a file's name: of three bytes each they still fit a file system. */
    private const val NAME_MAX = 80

    private const val CHANNEL = "rooms"

    private var front = WeakReference<MainActivity>(null)
    private lateinit var context: Context
    private val given = ArrayDeque<Intent>()
    private var asked: CompletableFuture<List<Uri>>? = null
    private var picture: Uri? = null
    private var hasMissedNote = false
    private var wasAskedForNotes = false

    internal fun begin(activity: MainActivity) {
        front = WeakReference(activity)
        context = activity.applicationContext
    }

    internal fun give(intent: Intent?) {
        if (intent?.action == null || intent.action == Intent.ACTION_MAIN) return
        synchronized(given) {
            if (given.size >= GIVEN_MAX) given.removeFirst()
            given.addLast(intent)
        }
    }

    @Synchronized
    internal fun answer(uris: List<Uri>) {
        asked?.complete(uris)
        asked = null
    }

    @Synchronized
    internal fun taken(isTaken: Boolean) {
        answer(listOfNotNull(picture.takeIf { isTaken }))
    }

    /** Asks whether the app may notify, once somebody missed something by it. */
    internal fun askForNotes(activity: MainActivity) {
        if (Build.VERSION.SDK_INT < 33 || !hasMissedNote || wasAskedForNotes) return
        wasAskedForNotes = true
        activity.requestPermissions(arrayOf(Manifest.permission.POST_NOTIFICATIONS), 0)
    }

    /** Links and copies of files that came by intents. */
    @JvmStatic
    fun given(ignored: String): String {
        val intents = synchronized(given) { given.toList().also { given.clear() } }
        return intents.flatMap { intent ->
            when (intent.action) {
                Intent.ACTION_VIEW -> listOfNotNull(intent.dataString)
                else -> streams(intent).take(FILES_MAX).mapNotNull(::copyIn)
            }
        }.joinToString(BETWEEN)
    }

    @JvmStatic
    fun dataFolder(ignored: String): String = File(context.filesDir, "parlor").path

    @JvmStatic
    fun receivedFolder(ignored: String): String = ParlorFiles.received(context).path

    /** Photos and films, or any files, as copies that the system removes some day. */
    @JvmStatic
    fun pick(what: String): String {
        val uris = ask { activity ->
            if (what == "photos") {
                val kind = ActivityResultContracts.PickVisualMedia.ImageAndVideo
                activity.photos.launch(PickVisualMediaRequest(kind))
            } else {
                activity.files.launch(arrayOf("*/*"))
            }
        }
        return uris.mapNotNull(::copyIn).joinToString(BETWEEN)
    }

    /** A picture that the person takes now. The camera app does it, so this app needs no permission. */
    @JvmStatic
    fun scan(ignored: String): String {
        val file = File(newFolder(ParlorFiles.scans(context)), "qr.jpg")
        val uris = ask { activity ->
            val uri = ParlorFiles.uri(context, file)
            picture = uri
            activity.camera.launch(uri)
        }
        return if (uris.isEmpty()) "" else file.path
    }

    @JvmStatic
    fun copy(text: String): String {
        clipboard().setPrimaryClip(ClipData.newPlainText("Parlor", text))
        return ""
    }

    @JvmStatic
    fun pastePicture(folder: String): String {
        val uri = clipboard().primaryClip?.takeIf { it.itemCount > 0 }?.getItemAt(0)?.uri ?: return ""
        val type = context.contentResolver.getType(uri) ?: return ""
        if (!type.startsWith("image/")) return ""
        val end = MimeTypeMap.getSingleton().getExtensionFromMimeType(type) ?: return ""
        return copyTo(uri, File(newFolder(File(folder)), "picture.$end")).path
    }

    @JvmStatic
    fun visit(link: String): String {
        start(Intent(Intent.ACTION_VIEW, Uri.parse(link)).addCategory(Intent.CATEGORY_BROWSABLE))
        return ""
    }

    @JvmStatic
    fun open(path: String): String {
        val file = File(path)
        val view = Intent(Intent.ACTION_VIEW)
            .setDataAndType(ParlorFiles.uri(context, file), type(file))
            .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        start(view)
        return ""
    }

    @JvmStatic
    fun shareOut(paths: String): String {
        val files = paths.split(BETWEEN).map(::File)
        if (files.size > SHARED_MAX) throw IOException("no more than $SHARED_MAX files at once")
        val uris = files.map { ParlorFiles.uri(context, it) }
        val types = files.map(::type).distinct()
        val send = Intent(if (uris.size == 1) Intent.ACTION_SEND else Intent.ACTION_SEND_MULTIPLE)
        send.type = types.singleOrNull() ?: "*/*"
        if (uris.size == 1) {
            send.putExtra(Intent.EXTRA_STREAM, uris[0])
        } else {
            send.putParcelableArrayListExtra(Intent.EXTRA_STREAM, ArrayList(uris))
        }
        // The right to read goes with the clip, to whichever app the person chooses.
        val clip = ClipData.newRawUri("", uris[0])
        uris.drop(1).forEach { clip.addItem(ClipData.Item(it)) }
        send.clipData = clip
        send.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        start(Intent.createChooser(send, null))
        return ""
    }

    /** Photos and films go into the gallery, everything else into the downloads. */
    @JvmStatic
    fun save(paths: String): String {
        paths.split(BETWEEN).map(::File).forEach(::save)
        return ""
    }

    @JvmStatic
    fun keepAwake(isAwake: String): String {
        // Not `main()`: without an activity nothing keeps the screen on.
        val activity = front.get() ?: return ""
        activity.runOnUiThread {
            val flag = WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON
            if (isAwake == "yes") activity.window.addFlags(flag) else activity.window.clearFlags(flag)
        }
        return ""
    }

    @JvmStatic
    fun notify(note: String): String {
        val isAllowed = Build.VERSION.SDK_INT < 33 ||
            context.checkSelfPermission(Manifest.permission.POST_NOTIFICATIONS) == PackageManager.PERMISSION_GRANTED
        if (!isAllowed) {
            hasMissedNote = true
            return ""
        }
        val (title, body) = note.split(BETWEEN, limit = 2)
        val manager = context.getSystemService(NotificationManager::class.java)
        val name = context.applicationInfo.loadLabel(context.packageManager)
        manager.createNotificationChannel(
            NotificationChannel(CHANNEL, name, NotificationManager.IMPORTANCE_DEFAULT),
        )
        val back = Intent(context, MainActivity::class.java)
        val show = PendingIntent.getActivity(context, 0, back, PendingIntent.FLAG_IMMUTABLE)
        val notification = Notification.Builder(context, CHANNEL)
            .setSmallIcon(context.applicationInfo.icon)
            .setContentTitle(title)
            .setContentText(body)
            .setContentIntent(show)
            .setAutoCancel(true)
            .build()
        // Of one room the last note is enough.
        manager.notify(title, 0, notification)
        return ""
    }

    private fun main(): MainActivity = front.get() ?: throw IOException("the app has no window")

    private fun start(intent: Intent) = main().startActivity(intent)

    private fun clipboard() = context.getSystemService(ClipboardManager::class.java)

    /** Shows a dialog and waits for what the person chose. One at a time: another one ends it. */
    private fun ask(show: (MainActivity) -> Unit): List<Uri> {
        val activity = main()
        val answer = CompletableFuture<List<Uri>>()
        synchronized(this) {
            asked?.complete(emptyList())
            asked = answer
        }
        activity.runOnUiThread {
            try {
                show(activity)
            } catch (error: RuntimeException) {
                answer.completeExceptionally(error)
            }
        }
        return answer.get()
    }

    private fun streams(intent: Intent): List<Uri> {
        val clip = intent.clipData
        if (clip != null && clip.itemCount > 0) {
            return (0 until clip.itemCount).mapNotNull { clip.getItemAt(it).uri }
        }
        @Suppress("DEPRECATION")
        return listOfNotNull(intent.getParcelableExtra<Uri>(Intent.EXTRA_STREAM))
    }

    /** A copy of what another app offers; nothing for what cannot be read, or is not theirs to give. */
    private fun copyIn(uri: Uri): String? {
        if (uri.scheme != "content" || uri.authority == ParlorFiles.authority(context)) return null
        return try {
            copyTo(uri, File(newFolder(ParlorFiles.picked(context)), name(uri))).path
        } catch (error: IOException) {
            Logger.warn("a file cannot be read: $error")
            null
        } catch (error: SecurityException) {
            Logger.warn("a file may not be read: $error")
            null
        }
    }

    private fun copyTo(uri: Uri, file: File): File {
        val from = context.contentResolver.openInputStream(uri) ?: throw IOException("nothing to read")
        from.use { input -> file.outputStream().use { input.copyTo(it) } }
        return file
    }

    /** The name that another app says, as one part of a path that is no more than a name. */
    private fun name(uri: Uri): String {
        val columns = arrayOf(OpenableColumns.DISPLAY_NAME)
        val said = context.contentResolver.query(uri, columns, null, null, null)?.use {
            if (it.moveToFirst()) it.getString(0) else null
        }
        val name = said.orEmpty().replace('/', '_').replace(BETWEEN, "").trim().trimStart('.')
        return name.takeLast(NAME_MAX).ifEmpty { "file" }
    }

    /** A folder of its own for each file, so that names stay as they are. */
    private fun newFolder(inside: File): File {
        val folder = File(inside, UUID.randomUUID().toString())
        if (!folder.mkdirs()) throw IOException("$folder cannot be made")
        return folder
    }

    private fun save(file: File) {
        val type = type(file)
        val (collection, folder) = when {
            type.startsWith("image/") -> MediaStore.Images.Media.EXTERNAL_CONTENT_URI to "Pictures/Parlor"
            type.startsWith("video/") -> MediaStore.Video.Media.EXTERNAL_CONTENT_URI to "Movies/Parlor"
            else -> MediaStore.Downloads.EXTERNAL_CONTENT_URI to "Download/Parlor"
        }
        val resolver = context.contentResolver
        val values = ContentValues().apply {
            put(MediaStore.MediaColumns.DISPLAY_NAME, file.name)
            put(MediaStore.MediaColumns.MIME_TYPE, type)
            put(MediaStore.MediaColumns.RELATIVE_PATH, folder)
            put(MediaStore.MediaColumns.IS_PENDING, 1)
        }
        val uri = resolver.insert(collection, values) ?: throw IOException("the gallery takes nothing")
        try {
            val to = resolver.openOutputStream(uri) ?: throw IOException("the gallery takes nothing")
            to.use { output -> file.inputStream().use { it.copyTo(output) } }
            val done = ContentValues().apply { put(MediaStore.MediaColumns.IS_PENDING, 0) }
            resolver.update(uri, done, null, null)
        } catch (error: IOException) {
            resolver.delete(uri, null, null)
            throw error
        }
    }

    internal fun type(file: File): String {
        val end = file.extension.lowercase()
        return MimeTypeMap.getSingleton().getMimeTypeFromExtension(end) ?: "application/octet-stream"
    }
}

/**
 * Gives other apps the files that the person hands to them, and the camera a place for a picture.
 * Not exported: an app reads only what it was given the right to.
 */
class ParlorFiles : ContentProvider() {
    override fun onCreate() = true

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor {
        val file = file(uri)
        val writes = mode != "r"
        if (writes && uri.pathSegments[0] != SCANS) throw FileNotFoundException("$uri is not to be written")
        return ParcelFileDescriptor.open(file, ParcelFileDescriptor.parseMode(mode))
    }

    override fun getType(uri: Uri): String = ParlorBridge.type(file(uri))

    override fun query(
        uri: Uri,
        projection: Array<String>?,
        selection: String?,
        selectionArgs: Array<String>?,
        sortOrder: String?,
    ): Cursor {
        val file = file(uri)
        val known = arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE)
        val columns = (projection ?: known).filter { it in known }.toTypedArray()
        val row = columns.map<String, Any> { if (it == OpenableColumns.SIZE) file.length() else file.name }
        return MatrixCursor(columns).apply { addRow(row) }
    }

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun update(uri: Uri, values: ContentValues?, selection: String?, selectionArgs: Array<String>?) = 0

    override fun delete(uri: Uri, selection: String?, selectionArgs: Array<String>?) = 0

    private fun file(uri: Uri): File {
        val context = context ?: throw FileNotFoundException("$uri")
        val parts = uri.pathSegments
        val folder = parts.firstOrNull()?.let { folders(context)[it] } ?: throw FileNotFoundException("$uri")
        val file = File(folder, parts.drop(1).joinToString("/")).canonicalFile
        // Neither `..` nor a link leads out of the folder.
        if (!isIn(file, folder)) throw FileNotFoundException("$uri")
        return file
    }

    companion object {
        private const val RECEIVED = "received"
        private const val PICKED = "picked"
        private const val SCANS = "scans"

        internal fun authority(context: Context) = "${context.packageName}.files"

        internal fun received(context: Context) = File(context.filesDir, RECEIVED)

        internal fun picked(context: Context) = File(context.cacheDir, PICKED)

        internal fun scans(context: Context) = File(context.cacheDir, SCANS)

        private fun folders(context: Context) = mapOf(
            RECEIVED to received(context),
            PICKED to picked(context),
            SCANS to scans(context),
        )

        private fun isIn(file: File, folder: File) = file.path.startsWith(folder.canonicalPath + "/")

        /** The address of a file in one of the folders that may be handed on. */
        internal fun uri(context: Context, file: File): Uri {
            val whole = file.canonicalFile
            val (name, folder) = folders(context).entries.firstOrNull { isIn(whole, it.value) }
                ?: throw FileNotFoundException("${file.name} is not here to be handed on")
            val uri = Uri.Builder().scheme("content").authority(authority(context)).appendPath(name)
            whole.toRelativeString(folder.canonicalFile).split("/").forEach(uri::appendPath)
            return uri.build()
        }
    }
}
